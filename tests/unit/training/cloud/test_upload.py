"""Upload to a bucket: what leaves, what stays at home, and what a broken connection leaves behind."""

import csv
import hashlib
import json
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from tests.support.cloud import BUCKET, Storage
from training.cloud.collection import INDEX, Collection, collect, entries_of, version_prefix
from training.cloud.consent import FILE, sentence
from training.cloud.storage import Bucket, CloudError
from training.cloud.upload import main, missing, upload

CLIPS = {"baby/a.flac": ("cry", "CC0"), "cat/b.flac": ("neg", "CC BY"), "cat/nc.flac": ("neg", "CC BY-NC 4.0")}
MORE = {"cat/unstated.flac": ("neg", "none stated")}


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    """A manifest with four clips, two of which may leave."""
    path = tmp_path / "audio" / "manifest.csv"
    path.parent.mkdir()
    fields = ("path", "label", "split", "group", "dataset", "note", "licence", "duration_s")
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, [*fields, "yamnet_baby_cry_max", "yamnet_crying_max"])
        writer.writeheader()
        for clip, (label, licence) in (CLIPS | MORE).items():
            (path.parent / clip).parent.mkdir(exist_ok=True)
            (path.parent / clip).write_bytes(f"sound of {clip}".encode())
            row = (clip, label, "train", clip, "esc50_partial", "cat", licence, "1.0")
            writer.writerow(dict(zip(fields, row, strict=True)))
    return path


@pytest.fixture
def collection(manifest: Path) -> Collection:
    return collected(manifest)


def collected(manifest: Path, *homes: Path) -> Collection:
    reviews = manifest.with_name("reviews.csv")
    reviews.write_text("path,verdict,spans,fuss,note\n", encoding="utf-8")
    return collect(manifest, reviews, homes, BUCKET)


def silently(names: Iterable[str]) -> Iterable[str]:
    return names


def test_a_version_holds_clips_by_their_content_labels_and_texts(storage: Storage, collection: Collection) -> None:
    assert upload(collection, Bucket(BUCKET), silently) == 2
    prefix = version_prefix(collection.version)
    entries = entries_of(Bucket(BUCKET).get(f"{prefix}{INDEX}"), "the index")
    assert [entry.path for entry in entries] == ["baby/a.flac", "cat/b.flac"]
    for entry in entries:
        assert hashlib.sha256(Bucket(BUCKET).get(entry.object)).hexdigest() == entry.sha256
    assert b"nc.flac" not in Bucket(BUCKET).get(f"{prefix}manifest.csv")
    assert f"{prefix}reviews.csv" in storage.names()


def test_what_no_licence_permits_stays_at_home_and_is_told(storage: Storage, collection: Collection) -> None:
    upload(collection, Bucket(BUCKET), silently)
    for name in ("cat/nc.flac", "cat/unstated.flac"):
        assert hashlib.sha256(f"sound of {name}".encode()).hexdigest() not in str(storage.names())
    assert sorted(collection.refused.values()) == [1, 1]


def test_a_second_upload_sends_nothing_and_is_the_same_version(storage: Storage, manifest: Path) -> None:
    first = collected(manifest)
    upload(first, Bucket(BUCKET), silently)
    again = collected(manifest)
    assert again.version == first.version
    assert upload(again, Bucket(BUCKET), silently) == 0


def test_an_interrupted_upload_has_no_index_and_goes_on(storage: Storage, collection: Collection) -> None:
    def cut_off(names: Iterable[str]) -> Iterator[str]:
        yield next(iter(names))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        upload(collection, Bucket(BUCKET), cut_off)
    assert len(storage.names("training/objects/")) == 1
    assert storage.names("training/versions/") == []
    assert upload(collection, Bucket(BUCKET), silently) == 1


def test_an_object_with_another_content_is_written_again(storage: Storage, collection: Collection) -> None:
    upload(collection, Bucket(BUCKET), silently)
    damaged = collection.entries[0].object
    storage.put(damaged, b"half of it")
    assert missing(collection, Bucket(BUCKET)) == [damaged]
    assert upload(collection, Bucket(BUCKET), silently) == 1
    assert missing(collection, Bucket(BUCKET)) == []


def test_a_bucket_that_is_gone_is_named_with_the_remedy(storage: Storage, collection: Collection) -> None:
    with pytest.raises(CloudError, match=r"gs://no-such-bucket/.*404.*make the bucket"):
        upload(collection, Bucket("no-such-bucket"), silently)


def test_an_unreachable_service_says_so(collection: Collection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", "http://127.0.0.1:9")
    with pytest.raises(CloudError, match=r"cannot be reached .*run the command again later"):
        upload(collection, Bucket(BUCKET, try_for_s=0.1), silently)


def test_clips_of_a_home_leave_only_with_consent_to_this_bucket(tmp_path: Path, manifest: Path) -> None:
    home = tmp_path / "clips"
    home.mkdir()
    (home / "20261124T031502480Z.flac").write_bytes(b"a night")
    with pytest.raises(CloudError, match="no consent, so no clip of this home leaves"):
        collected(manifest, home)
    (home / FILE).write_text(f"{sentence('another-bucket')}\nblue-house\n", encoding="utf-8")
    with pytest.raises(CloudError, match="not the consent to this bucket"):
        collected(manifest, home)
    (home / FILE).write_text(f"{sentence(BUCKET)}\nMrs Miller\n", encoding="utf-8")
    with pytest.raises(CloudError, match="no name for a home"):
        collected(manifest, home)
    (home / FILE).write_text(f"{sentence(BUCKET)}\nblue-house\n", encoding="utf-8")
    clip = collected(manifest, home).entries[-1]
    assert clip.path == "homes/blue-house/20261124T031502480Z.flac"
    assert clip.object == f"training/homes/blue-house/{hashlib.sha256(b'a night').hexdigest()}"


def test_a_missing_clip_is_named(manifest: Path) -> None:
    (manifest.parent / "cat" / "b.flac").unlink()
    with pytest.raises(CloudError, match=r"cat/b\.flac: No such file.*the manifest names this clip"):
        collected(manifest)


def test_a_half_written_index_is_no_index() -> None:
    with pytest.raises(CloudError, match=r"gs://b/index\.json is no index"):
        entries_of(json.dumps({"clips": [{"path": "a"}]}).encode()[:-3], "gs://b/index.json")


def test_a_dry_run_opens_no_connection(
    manifest: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("training.cloud.upload.Bucket", None)
    monkeypatch.setattr("sys.argv", ["upload", "b", "--dry-run", "--manifest", str(manifest)])
    main()
    told = capsys.readouterr().out
    assert "2 clips of the manifest" in told
    assert "1 clips stay at home: no licence is stated" in told
