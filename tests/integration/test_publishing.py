"""The models volume where trainings come together, are killed, or find the disk full: what is served stays whole."""

import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from embedded.processes import ROOT, python
from embedded.waiting import wait_until
from petalstream import settings
from petalstream.model import bundle
from petalstream.model.bundle import Bundle
from tests.checkouts import quick_copy
from tests.publications import names, publish_again

SECONDS = 100
KILLS = 12
# As root, or else where a user may have namespaces.
NAMESPACES = (["unshare", "--mount"], ["unshare", "--user", "--map-root-user", "--mount"])


@pytest.fixture
def source(iris: Bundle, tmp_path: Path) -> Path:
    """A bundle to be published again and again."""
    return Path(shutil.copytree(iris.path, tmp_path / "source" / "iris" / "1"))


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """A models folder, still empty."""
    folder = tmp_path / "models"
    folder.mkdir()
    return folder


@pytest.fixture
def checkout(root: Path, tmp_path: Path) -> Path:
    """A checkout where Iris is trained in little time."""
    return quick_copy(root, tmp_path)


def publisher(models: Path, source: Path, keep: int, count: int) -> subprocess.Popen[str]:
    command = python("tests.publications", str(models), str(source), str(keep), str(count))
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def trainer(models: Path, checkout: Path) -> subprocess.Popen[str]:
    command, environment = python("services.trainer", "iris"), settings.inherited(models_dir=models)
    return subprocess.Popen(command, cwd=checkout, env=environment, stdout=subprocess.PIPE, text=True)


def whole(models: Path) -> bool:
    """Whether everything that is in sight is whole, where something is."""
    for version in bundle.versions(models, "iris"):
        Bundle.at(models / "iris" / version).verify()
    if bundle.model_names(models):
        bundle.current(models, "iris").verify()
    return True


def outputs(models: Path, processes: list[subprocess.Popen[str]]) -> list[str]:
    """What the processes print until they have ended well; meanwhile only whole versions are in sight."""

    def ended() -> bool:
        return whole(models) and all(process.poll() is not None for process in processes)

    try:
        wait_until(ended, "every publication to end", SECONDS)
        assert [process.returncode for process in processes] == [0] * len(processes)
        return [process.stdout.read() for process in processes if process.stdout]
    finally:
        for process in processes:
            process.kill()
            process.communicate()


def test_of_publications_at_the_same_time_none_is_lost_and_each_has_a_version_of_its_own(
    models: Path, source: Path
) -> None:
    printed = outputs(models, [publisher(models, source, keep=99, count=15) for _ in range(4)])
    published = [int(version) for lines in printed for version in lines.split()]
    assert sorted(published) == list(range(1, 61))
    assert bundle.versions(models, "iris") == [str(version) for version in range(1, 61)]
    assert bundle.current(models, "iris").manifest.version == "60"
    assert names(models / "iris") == sorted([*map(str, range(1, 61)), "current"])


@pytest.mark.long
def test_two_trainings_at_the_same_time_both_publish(models: Path, checkout: Path) -> None:
    printed = outputs(models, [trainer(models, checkout) for _ in range(2)])
    assert sorted(lines.split()[-3] for lines in printed) == ["1", "2"]
    assert names(models / "iris") == ["1", "2", "current"]
    assert bundle.current(models, "iris").manifest.version == "2"


def test_a_training_that_is_killed_leaves_a_whole_version_serving_and_the_next_one_tidies_up(
    models: Path, source: Path
) -> None:
    left_behind = 0
    for _ in range(KILLS):
        process = publisher(models, source, keep=3, count=100_000)
        try:
            assert process.stdout
            told = int(process.stdout.readline())
            with pytest.raises(subprocess.TimeoutExpired):  # somewhere in one of the next publications
                process.wait(random.uniform(0, 0.05))
        finally:
            process.kill()
            process.communicate(timeout=10)
        whole(models)
        assert int(bundle.current_version(models, "iris")) >= told
        left_behind += any(name.startswith(".staging-") for name in names(models / "iris"))
        last = int(publish_again(models, Bundle.at(source), keep=3).manifest.version)
        kept = range(max(1, last - 2), last + 1)
        assert names(models / "iris") == sorted([*map(str, kept), "current"])
    assert left_behind


def on_a_small_disk(
    options: str, folder: Path, command: list[str], cwd: Path = ROOT
) -> subprocess.CompletedProcess[str]:
    """Run a command for which, and for which alone, `folder` is a disk of its own."""
    mounted = ["sh", "-c", 'mount -t tmpfs -o "$0" models "$1" && shift && exec "$@"', options, str(folder)]
    for namespace in NAMESPACES:
        if (
            shutil.which("unshare")
            and not subprocess.run([*namespace, *mounted, "true"], capture_output=True).returncode
        ):
            return subprocess.run(
                [*namespace, *mounted, *command], cwd=cwd, capture_output=True, text=True, timeout=SECONDS, check=False
            )
    pytest.skip(
        "no disk can be mounted for a test alone: run it as root, or install util-linux and allow users namespaces"
        " (sysctl kernel.unprivileged_userns_clone=1, kernel.apparmor_restrict_unprivileged_userns=0)"
    )


@pytest.mark.long
def test_where_the_disk_is_full_the_trainer_says_so_and_the_old_version_serves(
    models: Path, source: Path, checkout: Path, tmp_path: Path
) -> None:
    pages = sum(-(-path.stat().st_size // 4096) for path in source.rglob("*") if path.is_file())
    train = f"MODELS_DIR={models} {sys.executable} -m services.trainer iris"
    script = f"{train} && {{ {train}; code=$?; cp -a {models} {tmp_path}/kept; exit $code; }}"
    ended = on_a_small_disk(f"size={pages * 6}k", models, ["sh", "-c", script], checkout)
    told = f"trainer: iris: [Errno 28] No space left on device: '{models}/iris"
    assert (ended.returncode, ended.stdout.count("published version 1")) == (1, 1)
    assert ended.stderr.splitlines()[-1].startswith(told)
    assert ended.stderr.endswith("'; version 1 goes on serving\n")
    assert names(tmp_path / "kept" / "iris") == ["1", "current"]
    bundle.current(tmp_path / "kept", "iris").verify()


@pytest.mark.parametrize(("kind", "options"), [("bytes", "size=1m"), ("files", "size=8m,nr_inodes=70")])
def test_wherever_a_full_disk_stops_a_publication_nothing_of_it_stays(
    models: Path, source: Path, kind: str, options: str
) -> None:
    ended = on_a_small_disk(options, models, python("tests.full_disk", str(models), str(source), kind))
    assert ended.returncode == 0, ended.stderr
    assert int(ended.stdout) > 10
