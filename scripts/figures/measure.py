# Runs the command lines that come by stdin, one after the other, and says what each took. Node tells nothing of its
# children; and since a child's peak starts as that of who started it, that has to be small: these are 8 MiB.
import json
import os
import signal
import sys
import time

running = 0
signal.signal(signal.SIGALRM, lambda *_: os.kill(running, signal.SIGKILL))
for line in sys.stdin:
    asked = json.loads(line)
    said = 'stderr'
    files = [
        (os.POSIX_SPAWN_OPEN, 0, '/dev/null', os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, '/dev/null', os.O_WRONLY, 0),
        (os.POSIX_SPAWN_OPEN, 2, said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600),
    ]
    start = time.monotonic_ns()
    running = os.posix_spawnp(asked['argv'][0], asked['argv'], asked['env'], file_actions=files)
    signal.alarm(asked['limit'])
    _, status, usage = os.wait4(running, 0)
    wall = (time.monotonic_ns() - start) / 1e6
    signal.alarm(0)
    answer = {'wall': wall, 'cpu': (usage.ru_utime + usage.ru_stime) * 1e3, 'peak': usage.ru_maxrss / 1024}
    if status:
        with open(said) as text:
            answer['failure'] = f'{os.waitstatus_to_exitcode(status)}: {text.read()[:2000]}'
    print(json.dumps(answer), flush=True)
