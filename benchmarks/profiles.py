"""Where the time of the api and of the consumer goes, as py-spy samples it from outside while they work."""

import subprocess
import sysconfig
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from benchmarks import http_rows, servers, stream_turns, streams, wrk
from benchmarks.bench import Bench, BenchmarkError, say
from benchmarks.results import Profile
from benchmarks.stream_turns import PREDICTIONS, REQUESTS
from petalstream import settings

SAMPLES_A_SECOND, SECONDS, SHOWN = 200, 8, 15
RECORDS = 200_000
PY_SPY = Path(sysconfig.get_path("scripts")) / "py-spy"


def measure(bench: Bench) -> Iterator[Profile]:
    """A profile of the api for each of its questions, and one of the consumer."""
    server = servers.api(bench, http_rows.ours(bench))
    with servers.running(bench, server) as api:
        for question in server.questions:
            say(f"profile of the api: {question.row}")
            servers.check(api.url, question)
            body = bench.folder / "profiled.json"
            body.write_bytes(question.body)
            sampler = _start(bench, api.child.process.pid)
            wrk.post(api.url + question.path, body, SECONDS + 1)
            yield profile(f"api, {question.row}", _samples(bench, sampler))
        yield _of_the_consumer(bench, api.url)


def profile(name: str, stacks: Iterable[str]) -> Profile:
    """The functions with the most time of their own, from lines of `frame;frame;frame samples`.

    Shares are of all samples: of each function's own time, and of all that it had under it.
    """
    own, total, all_samples = Counter[str](), Counter[str](), 0
    for line in stacks:
        stack, _, count = line.rpartition(" ")
        frames = [frame for frame in stack.split(";") if not frame.startswith("process ")]
        if not frames:
            continue
        all_samples += int(count)
        own[frames[-1]] += int(count)
        for frame in set(frames):
            total[frame] += int(count)
    shares = [(frame, samples / all_samples, total[frame] / all_samples) for frame, samples in own.most_common(SHOWN)]
    return Profile(name, shares)


def _of_the_consumer(bench: Bench, api_url: str) -> Profile:
    with streams.broker(bench) as broker:
        for topic in (REQUESTS, PREDICTIONS):
            broker.create(topic)
        broker.fill(REQUESTS, bench.samples("iris", 30), RECORDS)
        environment = settings.inherited(
            kafka_bootstrap_servers=broker.servers,
            api_url=api_url,
            consumer_instance_id="profile",
            consumer_health_port=0,
        )
        log = bench.folder / "profiled.log"
        consumer = broker.processes.start("consumer", stream_turns.consumer().command({}), environment, log)
        broker.processes.wait_until(lambda: broker.count(PREDICTIONS), "a first prediction", 60)
        say("profile of the consumer")
        return profile("consumer", _samples(bench, _start(bench, consumer.process.pid)))


def _start(bench: Bench, pid: int) -> subprocess.Popen[str]:
    """Begin to sample a process and its children, of all threads the one that runs Python."""
    # Without --gil a thread that waits in C, as those of a pool do, looks as if it worked.
    limits = ["--rate", str(SAMPLES_A_SECOND), "--duration", str(SECONDS)]
    form = ["--format", "raw", "--function", "--output", str(_output(bench))]
    command = [str(PY_SPY), "record", "--pid", str(pid), "--subprocesses", "--gil", *limits, *form]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def _samples(bench: Bench, sampler: subprocess.Popen[str]) -> list[str]:
    """The stacks, once it has ended. Raises BenchmarkError."""
    try:
        said, _ = sampler.communicate(timeout=SECONDS + 30)
    finally:
        sampler.kill()
        sampler.wait()
    if sampler.returncode != 0:
        raise BenchmarkError(f"py-spy may have to run as root, or found nothing: {said[-500:]}")
    return _output(bench).read_text().splitlines()


def _output(bench: Bench) -> Path:
    return bench.folder / "stacks.txt"
