"""The real worker, which also knows the pipeline that does nothing."""

import sys

from app.worker.run import main
from benchmarks.pipelines import tasks

if __name__ == "__main__":
    assert tasks.three_steps
    sys.exit(main())
