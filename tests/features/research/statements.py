"""Sentences by whether they state something that could be checked; all written for this test."""

FACTS = """
The bridge was opened in 1932.
Mercury is the smallest planet of the solar system.
Honey bees visit about two million flowers to make a pound of honey.
The Eiffel Tower grows by up to 15 centimetres on a hot day.
Rosalind Franklin took the photograph that showed the shape of DNA.
Smoking causes most cases of lung cancer.
Water boils at a lower temperature on a mountain because the air pressure is lower.
In the 14th century the plague killed a third of Europe's people.
The human heart beats roughly 100,000 times a day.
Light from the sun takes about eight minutes to reach us.
Iceland has more than thirty active volcanoes.
The first postage stamp was sold in London in 1840.
Prices in Vienna rose by 12 percent after the war.
Copper conducts heat better than iron does.
Ada Lovelace wrote the first program for a machine that was never built.
The treaty was signed by seven countries.
Blue whales are the largest animals that ever lived.
The dam produces 2,000 megawatts.
Napoleon lost most of his army on the retreat from Moscow.
Antibiotics do not work against viruses.
The library of Alexandria was founded under the Ptolemies.
A litre of sea water contains about 35 grams of salt.
Sharks were on Earth before trees were.
The company sold its millionth bicycle in 1953.
Ignaz Semmelweis proved that washing hands prevents childbed fever.
The moon moves away from us by 3.8 centimetres each year.
Half of all marriages in that decade ended within twenty years.
The lighthouse at Bell Rock stands on a reef that is under water twice a day.
Aspirin was first made by Felix Hoffmann in 1897.
The ship carried 22 chronometers.
Tea reached Britain in the seventeenth century.
Sound travels four times faster in water than in air.
The Romans mixed volcanic ash into their concrete.
The longest recorded flight of a chicken lasted 13 seconds.
Vaccination led to the end of smallpox.
The population of Lagos doubled in fifteen years.
No planet is denser than Earth.
The telegraph crossed the Atlantic in 1858, and failed after three weeks.
Octopuses have three hearts.
The wreck was not caused by the storm.
Galileo was tried by the Inquisition in 1633.
More than 60 % of the brain is fat.
The mine closed because the price of tin fell.
The Dutch built the first exchange for shares in Amsterdam.
The engine weighs 340 kilograms.
Plants need magnesium to make chlorophyll.
The clock lost five seconds on the voyage.
Marie Curie won two Nobel Prizes.
Only two people survived the crash.
The act was passed in 1714 and repealed in 1828.
""".strip().splitlines()

OTHERS = """
Have you ever wondered why the sky is blue?
Hello everyone, and welcome back!
Let's look at the second clock.
I bought this telescope in 2019.
When I was nine, my aunt took me to the sea.
Subscribe if you like old machines.
[your words: how you felt in 1999]
In my opinion this is the most beautiful clock in London.
So, what happened next?
Imagine a ship without a clock.
That is unfair.
But first, we need to talk about time.
Here is where it gets interesting.
Thanks for watching.
Take a pencil and draw a line of ten centimetres.
I think Harrison deserved better.
We spent three weeks in the archive.
What a machine!
Why did it take forty years?
You can try this at home.
Now for the fun part.
This brings us to the third problem.
Remember that number, 39.
It's lovely, isn't it?
And then it got worse.
Hold that thought.
My first clock was a disaster.
Press the button twice.
Next time, we'll open the case.
To be honest, I find the story sad.
I love this little spring.
As I said in the last video, it's complicated.
Good evening, and thank you for coming.
Don't believe everything that you read.
Maybe you know that feeling.
Sounds simple, right?
Well, not quite.
It is also, in several places, wrong.
We all know the tale.
Listen to this tick.
Wait for it.
Stay with me for five minutes.
In this video, I'm going to show you three clocks.
That's the whole secret.
I should like to see it told a little less tightly.
So there we were, in the fog, with one glove between us.
The story is too good.
Picture the scene.
What would you have done?
Ask your group how long five seconds are.
See you next week.
It was worth the wait.
Your turn.
[show the 1714 act on screen]
You should visit Greenwich once in your life.
""".strip().splitlines()
