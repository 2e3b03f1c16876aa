"""The real worker, which also knows the feature made to be broken."""

import sys

from app.worker.run import main
from tests.faults import product

if __name__ == "__main__":
    assert product.write_essay
    sys.exit(main())
