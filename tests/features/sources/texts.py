"""Texts that the tests of sources send."""

TIDES = (
    "The sea comes in and goes out twice a day. Nobody told it to. The moon pulls the water nearest to it a little harder "
    "than the rest of the Earth, and the far side a little less. So there are two bulges, and we turn beneath them."
)
