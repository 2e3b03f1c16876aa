"""SAQ's queues as the bell uses them; each is loaded by the process that has one."""
