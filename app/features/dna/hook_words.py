"""Classes of words that tell hooks apart by how dense they are in an opening. English; written by hand."""

from app.features.dna.wordlists import word_set

TROUBLE = word_set(
    "crazy dissolving acid crumbling louder gravel again cracking flooding peeling fading dull cramped outdated disgusting pointless ridiculous unfair unsafe dangerous risky scary tangled rattling grinding blurry crooked jammed delayed cancelled rejected ignored bankrupt homeless hungry thirsty drought plague outbreak extinct endangered polluted toxic poison poisoned addicted hooked "
    "ache aches afraid alone angry annoying anxious awful bad blight blocked bored break breaking breaks broke broken bug "
    "bugs burn burned burning burnt can't cannot catch clog clogged closed closing cold collapse complain complaint "
    "complaints cost costs couldn't crack cracked crash crashes crashing crisis damage damp danger dark dead debt decline "
    "die died dies difficult dirty disappear disappearing dread drop drowning dry dying empty error errors exhausted "
    "expensive fail failed failing fails failure fall falling falls fault fear fell fight forget forgot freeze freezes "
    "frustrated frustrating gone guilt guilty hard harder hate hates heavy hole hurt hurting hurts ill impossible infected "
    "jam lack late leak leaking leaks leaving lonely lose loses losing loss lost messy mess missing mistake mistakes mould "
    "nightmare nobody noise nothing overwhelmed pain painful panic poor pressure problem problems quit quits resigned rot "
    "rotten rust ruin ruined runs sad scared scream shortage shrinking sick sink sinks slow sore spoil stale starving stress "
    "stressed struggle struggles struggling stuck stupid suffer suffering terrible tired trouble ugly unable unhappy useless "
    "waste wasted wasting weak weeds wet worn worried worry worse worst wrong fewer shut awake noisy rubbish smell smells "
    "stopped stink refuse refuses desperate hopeless mouldy clutter deadline overdue"
)  # fmt: skip
"""What goes wrong: the share of these words is what tells a problem from a claim."""
SENSES = word_set(
    "alley apron backstage balcony beach bell bells bench boots breath breathing bridge candle ceiling clock cloud clouds "
    "coat cobbles corridor crates crowd curtain dark darkness dawn deck desk dim door doors doorway drip drips dusk dust "
    "earpiece echo engine evening field fire flames floor fog footsteps forest frost frozen glass gloves gravel grey hallway "
    "hands hangar harbour hoarse hospital hums humming ice kitchen knees ladder lamp lantern lift light lights locker mast "
    "microphone midnight mist moon morning motionless mud night noise outside overhead phone pier pitch platform pump queue "
    "quiet radio rain rails road roof room rope runway sand sea shadow shadows shoulders shout shouting siren sky smell smells "
    "smoke snow somewhere spotlight stage stairs station steam steps stone street sun swings table tent tiles torch train "
    "trees tunnel van voice walls watch water waves wet whisper wind window windows yard"
)  # fmt: skip
"""What is seen, heard and smelt: places, light, weather, sounds."""
BELIEF = word_set(
    "advice apparently assume assumption belief believe believed believes convinced credit debunked everybody everyone "
    "experts famous fooled guess heard legend lie lied lies mistaken misunderstood myth myths official opinion rumour "
    "repeated repeating reputation rule said say says schoolbooks schools superstition supposed supposedly swear taught "
    "teach textbook textbooks tell told tradition true truth uncle understand wisdom wrong"
)  # fmt: skip
"""Talk of what others hold to be true."""
PAIRS = (
    ("one", "other"), ("old", "new"), ("left", "right"), ("east", "west"), ("north", "south"), ("first", "second"),
    ("this", "that"), ("cheap", "expensive"), ("before", "after"), ("rich", "poor"), ("city", "village"), ("big", "small"),
    ("fast", "slow"), ("former", "latter"), ("winner", "loser"), ("sister", "brother"), ("here's", "here's"), ("summer", "winter"),
    ("land", "sea"), ("paper", "screen"), ("cat", "dog"), ("cats", "dogs"), ("hot", "cold"), ("older", "younger"),
    ("twin", "other"), ("both", "both"), ("former", "other"), ("american", "european"), ("amateur", "professional"),
)  # fmt: skip
"""Words of which both stand in an opening that sets two things side by side."""
