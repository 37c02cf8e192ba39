"""Models of the Hub through its real client, against a Hub that listens on this machine."""

from __future__ import annotations

import ast
import json
import logging
import os
import re
import shutil
import tomllib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import torch
from huggingface_hub import constants

from puzzlesolver.hub import transfer
from puzzlesolver.hub.cached import (
    cache_folder,
    cached_models,
    find_cached,
    parse_name,
    remove_cached,
)
from puzzlesolver.hub.pull import pull
from puzzlesolver.hub.store import load_model, resolve, verify_model
from tests.hub.server import TOKEN, Hub, digests
from tests.hub.support import (
    FILES,
    NAME,
    REPO,
    SUDOKU,
    failure,
    files_of,
    left_in_cache,
    provenance,
    pull_text,
)


class TestOurLayout:
    def test_a_model_arrives_whole_with_its_origin(self, hub: Hub, commit: str) -> None:
        folder = pull_text(NAME)
        assert folder == cache_folder() / "hub" / "someone--model" / commit
        assert sorted(path.name for path in folder.iterdir()) == list(FILES)
        original, copy = verify_model("sudoku"), verify_model(folder)
        assert copy.sha256 == original.sha256
        assert copy.stored.config == original.stored.config
        source = provenance(folder)
        assert source["repo"] == REPO and source["revision"] == "main"
        assert source["commit"] == commit
        assert source["licence"] == "apache-2.0"
        assert source["sha256"]["model.safetensors"] == original.sha256
        assert sorted(source["sha256"]) == list(FILES)
        assert copy.stored.training == original.stored.training | {"provenance": source}

    def test_a_name_resolves_to_the_commit_that_it_meant(self, hub: Hub, commit: str) -> None:
        files = resolve(NAME, "sudoku")
        assert files.name == f"{NAME}@{commit}"
        assert resolve(files.name) == files
        expected = load_model("sudoku").state_dict()
        torch.testing.assert_close(load_model(NAME).state_dict(), expected, rtol=0, atol=0)
        assert "trained for sudoku, not maze" in failure(resolve, NAME, "maze").what

    def test_a_pinned_and_cached_model_costs_no_request(self, hub: Hub, commit: str) -> None:
        pull_text(NAME)
        hub.requests.clear()
        pull_text(f"{NAME}@{commit}")
        assert hub.requests == []

    def test_a_branch_is_asked_for_and_nothing_is_downloaded_twice(
        self, hub: Hub, commit: str
    ) -> None:
        pull_text(NAME)
        hub.requests.clear()
        pull_text(NAME)
        assert [path for _, path, _ in hub.requests] == [f"/api/models/{REPO}"]

    def test_a_moved_branch_brings_its_new_commit_and_pins_keep_the_old(
        self, hub: Hub, commit: str
    ) -> None:
        old = pull_text(NAME)
        moved = hub.commit(REPO, files_of(SUDOKU) | {"README.md": b"# Better\n"})
        new = pull_text(NAME)
        assert new.name == moved != commit
        assert (new / "README.md").read_bytes() == b"# Better\n"
        assert pull_text(f"{NAME}@{commit}") == old

    def test_tags_and_other_branches(self, hub: Hub, commit: str) -> None:
        tagged = hub.commit(REPO, files_of(SUDOKU) | {"README.md": b"# Tagged\n"}, ref="v1/beta")
        folder = pull_text(f"{NAME}@v1/beta")
        assert folder.name == tagged
        assert provenance(folder)["revision"] == "v1/beta"

    def test_the_origin_of_an_origin_is_kept(self, hub: Hub, commit: str) -> None:
        first = pull_text(NAME)
        hub.commit("other/copy", files_of(first))
        assert provenance(pull_text("hub:other/copy"))["from"] == provenance(first)

    def test_a_model_without_card_gets_one(self, hub: Hub) -> None:
        files = files_of(SUDOKU)
        del files["README.md"]
        hub.commit(REPO, files)
        verify_model(NAME)

    def test_who_pulls_at_the_same_time_waits(self, hub: Hub, commit: str) -> None:
        with ThreadPoolExecutor(4) as pool:
            assert len(set(pool.map(pull_text, [NAME] * 4))) == 1
        assert len(hub.asked_for("/storage/")) == 1

    def test_the_token_reaches_the_hub_and_not_its_storage(
        self, hub: Hub, commit: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        hub.repos[REPO].private = True
        assert "private" in failure(pull_text, NAME).what
        monkeypatch.setenv("HF_TOKEN", TOKEN)
        pull_text(NAME)
        assert hub.asked_for("/storage/")


class TestBrokenDownloads:
    def test_goes_on_where_it_broke_off(self, hub: Hub, commit: str) -> None:
        hub.truncate = 10_000
        error = failure(pull_text, NAME)
        assert "model.safetensors broke off" in error.what and error.hint
        assert cached_models() == []
        hub.status = 0
        hub.requests.clear()
        folder = pull_text(NAME)
        ((_, _, asked),) = hub.asked_for("/storage/")
        assert asked == "bytes=10000-"
        assert verify_model(folder).sha256 == verify_model("sudoku").sha256
        assert not any("download" in file for file in left_in_cache())

    @pytest.mark.parametrize("file", ["model.safetensors", "config.json", "README.md"])
    def test_changed_bytes_are_refused_and_leave_nothing(
        self, hub: Hub, commit: str, file: str
    ) -> None:
        hub.corrupt = {file}
        error = failure(pull_text, NAME)
        assert f"{file} arrived damaged" in error.what and "expected" in error.what
        assert left_in_cache() == set()
        hub.corrupt = set()
        verify_model(pull_text(NAME))

    def test_a_part_of_another_file_is_noticed_and_thrown_away(self, hub: Hub, commit: str) -> None:
        hub.truncate = 10_000
        failure(pull_text, NAME)
        hub.status = 0
        (part,) = cache_folder().rglob("model.safetensors")
        part.write_bytes(b"x" * 10_000)
        assert "arrived damaged" in failure(pull_text, NAME).what
        verify_model(pull_text(NAME))

    def test_a_part_that_is_too_long_starts_over(self, hub: Hub, commit: str) -> None:
        hub.truncate = 10_000
        failure(pull_text, NAME)
        hub.status = 0
        (part,) = cache_folder().rglob("model.safetensors")
        part.write_bytes(b"x" * 1_000_000)
        verify_model(pull_text(NAME))

    def test_weights_that_do_not_fit_are_not_kept(self, hub: Hub) -> None:
        weights = (SUDOKU / "model.safetensors").read_bytes()
        hub.commit(REPO, files_of(SUDOKU) | {"model.safetensors": weights[:-7]})
        error = failure(pull_text, NAME)
        assert "safetensors" in error.what
        assert error.where.startswith(NAME) and error.where.endswith("/model.safetensors")
        assert left_in_cache() == set()


class TestALyingHub:
    """No byte more is written than was told, nor than a file of its kind may have."""

    @pytest.mark.parametrize("endless", ["chunked", "length"])
    @pytest.mark.parametrize("file", FILES)
    def test_an_endless_file_ends_at_the_size_that_was_told(
        self, hub: Hub, commit: str, file: str, endless: str
    ) -> None:
        hub.endless, hub.told = endless, {file: {}}
        error = failure(pull_text, NAME)
        assert "more than" in error.what and error.where == f"{NAME}@{commit}"
        assert left_in_cache() == set()
        assert hub.sent < 2**24, "the client reads on, though it writes no more"

    @pytest.mark.parametrize("size", [None, "100", -1, 1.5, True, [], 10**30])
    @pytest.mark.parametrize("file", FILES)
    def test_a_size_that_is_none_is_refused_before_anything_is_asked_for(
        self, hub: Hub, commit: str, file: str, size: Any
    ) -> None:
        large = {"lfs": {"sha256": "0" * 64, "size": size}} if file in FILES[2:] else {}
        hub.told = {file: {"size": size} | large}
        error = failure(pull_text, NAME)
        assert file in error.what
        assert not hub.asked_for(file) and left_in_cache() == set()

    @pytest.mark.parametrize(
        ("file", "most"),
        [("config.json", 2**23), ("README.md", 2**22), ("model.safetensors", 2**33)],
    )
    def test_every_kind_of_file_has_a_largest_size(
        self, hub: Hub, commit: str, file: str, most: int
    ) -> None:
        hub.told = {file: {"size": most + 1, "lfs": {"sha256": "0" * 64, "size": most + 1}}}
        error = failure(pull_text, NAME)
        assert f"at most {most:,}" in error.what and not hub.asked_for(file)

    def test_the_settings_of_a_published_checkpoint_have_one_too(self, hub: Hub) -> None:
        hub.commit(REPO, {"step_1": b"x", "all_config.yaml": b"a: 1\n" * 10_000})
        error = failure(pull_text, NAME)
        assert "all_config.yaml" in error.what and not hub.asked_for("/resolve/")

    def test_fewer_bytes_than_were_told(self, hub: Hub, commit: str) -> None:
        hub.told = {"README.md": {"size": 100_000}}
        assert "the Hub reported 100,000" in failure(pull_text, NAME).what
        assert left_in_cache() == set()

    @pytest.mark.parametrize(
        "answer",
        [
            b"[]",
            b"null",
            b"7",
            b"{}",
            b'{"sha": null}',
            b'{"sha": 7}',
            b'{"sha": "main"}',
            b'{"sha": %b, "siblings": 7}',
            b'{"sha": %b, "siblings": {"a": 1}}',
            b'{"sha": %b, "siblings": [null]}',
            b'{"sha": %b, "siblings": [{}]}',
            b'{"sha": %b, "siblings": [{"rfilename": ["a"]}]}',
            b'{"sha": %b, "siblings": [{"rfilename": "a", "lfs": 7}]}',
            b'{"sha": %b, "siblings": [], "cardData": [1]}',
            b'"\xff"',
            b"[" * 100_000,
        ],
    )
    def test_json_of_another_shape_is_no_answer(self, hub: Hub, commit: str, answer: bytes) -> None:
        folder = pull_text(NAME)
        hub.answer = answer.replace(b"%b", f'"{commit}"'.encode())
        assert pull_text(NAME) == folder, "the copy serves"
        error = failure(pull_text, f"{NAME}:other")
        assert "something else answered" in error.what or "names no commit" in error.what

    @pytest.mark.parametrize("licence", [7, ["mit"], {"a": 1}, None])
    def test_a_licence_that_is_no_text_is_unknown(
        self, hub: Hub, commit: str, licence: Any
    ) -> None:
        files = [{"rfilename": path, **digests(data)} for path, data in files_of(SUDOKU).items()]
        told = {"sha": commit, "siblings": files, "cardData": {"license": licence}}
        hub.answer = json.dumps(told).encode()
        assert "licence" not in provenance(pull_text(NAME))

    @pytest.mark.parametrize("endless", ["chunked", "length"])
    def test_an_answer_without_end(self, hub: Hub, commit: str, endless: str) -> None:
        hub.endless, hub.answer = endless, b'["much", '
        error = failure(pull_text, NAME)
        assert "8,388,608 bytes" in error.what and error.hint
        assert hub.sent < 2**25

    @pytest.mark.parametrize("file", [None, *FILES])
    def test_a_hub_that_drips_counts_as_silent(
        self, hub: Hub, commit: str, file: str | None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(transfer, "PATIENCE", 0.1)
        hub.endless, hub.answer = "drip", None if file else b"[]"
        hub.told = {file: {}} if file else {}
        error = failure(pull_text, NAME)
        assert "bytes arrived in 0 s" in error.what and error.hint
        assert hub.sent < 2_000

    @pytest.mark.parametrize("part", ["/api/", *FILES])
    def test_so_does_one_whose_headers_drip(
        self, hub: Hub, commit: str, part: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(transfer, "PATIENCE", 0.1)
        hub.endless, hub.flood = "headers", part
        assert "no answer began" in failure(pull_text, NAME).what
        assert hub.sent < 2_000

    @pytest.mark.parametrize("body", [b"[]", b'{"errors": 5}', b"\xff" * 100, b"x" * 2**26])
    @pytest.mark.parametrize("status", [404, 500])
    def test_a_refusal_is_told_by_its_headers_alone(
        self, hub: Hub, commit: str, status: int, body: bytes
    ) -> None:
        hub.status, hub.body = status, body
        error = failure(pull_text, NAME)
        assert len(error.what) < 200


class TestOffline:
    @pytest.fixture
    def offline(self, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
        return lambda: monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)

    def test_what_is_cached_serves(
        self, hub: Hub, commit: str, offline: Callable[[], None]
    ) -> None:
        folder = pull_text(NAME)
        offline()
        hub.requests.clear()
        for revision in ("", "@main", f"@{commit}", f"@{commit[:8]}"):
            assert pull_text(f"{NAME}{revision}") == folder
        assert hub.requests == []

    def test_what_is_not_cached_is_refused_with_a_list_of_what_is(
        self, hub: Hub, commit: str, offline: Callable[[], None]
    ) -> None:
        pull_text(NAME)
        offline()
        for name in ("hub:other/model", f"{NAME}@v2", f"{NAME}@{'0' * 40}", f"{NAME}:step_1"):
            error = failure(pull_text, name)
            assert "HF_HUB_OFFLINE" in error.what
            assert f"{NAME}@{commit}" in error.hint

    def test_the_newest_copy_serves_where_no_branch_is_known(
        self, hub: Hub, commit: str, offline: Callable[[], None]
    ) -> None:
        newer = hub.commit(REPO, files_of(SUDOKU) | {"README.md": b"# Newer\n"})
        for age, sha in ((20, commit), (10, newer)):
            config = pull_text(f"{NAME}@{sha}") / "config.json"
            os.utime(config, (1e9 - age, 1e9 - age))
        offline()
        assert pull_text(NAME).name == newer

    @pytest.mark.parametrize("status", [500, 503, 429])
    def test_a_hub_that_is_down_is_noted_and_the_copy_serves(
        self, hub: Hub, commit: str, status: int, caplog: pytest.LogCaptureFixture
    ) -> None:
        folder = pull_text(NAME)
        hub.status = status
        with caplog.at_level(logging.WARNING, logger="puzzlesolver"):
            assert pull_text(NAME) == folder
        (note,) = [record.message for record in caplog.records if "puzzlesolver" in record.name]
        assert str(status) in note and commit in note

    def test_a_network_that_wants_a_login_first(self, hub: Hub, commit: str) -> None:
        folder = pull_text(NAME)
        hub.portal = True
        assert pull_text(NAME) == folder
        assert "something else answered" in failure(pull_text, "hub:other/model").what

    def test_nobody_listens(self, hub: Hub, commit: str, monkeypatch: pytest.MonkeyPatch) -> None:
        folder = pull_text(NAME)
        monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
        assert pull_text(NAME) == folder
        assert "cannot reach the Hub" in failure(pull_text, "hub:other/model").what


class TestRefusals:
    @pytest.mark.parametrize(
        "text",
        [
            "hub:",
            "hub:model",
            "hub:a/b/c",
            "hub:../model",
            "hub:a/..",
            "hub:a--b/c",
            "hub:/etc/passwd",
            "hub:a/b.git",
            "hub:a/b@",
            "hub:a/b@../../c",
            "hub:a/b@-rf",
            "hub:a/b@x y",
            "hub:a/b:../c",
            "hub:a/b:/etc/passwd",
            "hub:a/b:c\\d",
            "hub:a/b:c:d",
            "hub:a/b:",
            "hub:a b/c",
            "hub:a/" + "b" * 200,
            "hub:a/b:" + "c" * 300,
        ],
    )
    def test_a_name_that_cannot_be_is_refused_without_a_request(self, hub: Hub, text: str) -> None:
        error = failure(resolve, text)
        assert "hub:OWNER/REPO" in error.hint
        assert hub.requests == [] and left_in_cache() == set()

    def test_unknown_repository(self, hub: Hub) -> None:
        error = failure(pull_text, "hub:no/body")
        assert "no such repository" in error.what and "hf auth login" in error.hint
        assert error.where == "hub:no/body"

    def test_unknown_revision(self, hub: Hub, commit: str) -> None:
        assert "no revision 'v7'" in failure(pull_text, f"{NAME}@v7").what

    def test_gated_repository(self, hub: Hub, commit: str) -> None:
        hub.repos[REPO].gated = True
        assert f"{hub.url}/{REPO}" in failure(pull_text, NAME).hint

    def test_wrong_token(self, hub: Hub, commit: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HF_TOKEN", "hf_wrong")
        error = failure(pull_text, NAME)
        assert "does not accept your token" in error.what and "hf auth login" in error.hint

    @pytest.mark.parametrize(("status", "word"), [(403, "token"), (418, "418")])
    def test_other_answers(self, hub: Hub, commit: str, status: int, word: str) -> None:
        pull_text(NAME)
        hub.status = status
        error = failure(pull_text, NAME)
        assert word in error.what and "broken on purpose" in error.what and error.hint

    def test_a_repository_without_model(self, hub: Hub) -> None:
        hub.commit(REPO, {"README.md": b"# Empty\n"})
        error = failure(pull_text, NAME)
        assert "no checkpoint" in error.what and "model.safetensors" in error.hint

    def test_config_of_another_version(self, hub: Hub) -> None:
        hub.commit(REPO, files_of(SUDOKU) | {"config.json": b'{"schema": 2}'})
        error = failure(pull_text, NAME)
        assert '"schema": 1' in error.what and error.where.startswith(NAME)


class TestCache:
    def test_listed_and_removed(self, hub: Hub, commit: str) -> None:
        pull_text(NAME)
        newer = hub.commit(REPO, files_of(SUDOKU) | {"README.md": b"# Newer\n"})
        pull_text(NAME)
        hub.commit("other/model", files_of(SUDOKU))
        other = pull(parse_name("hub:other/model"))
        assert {str(name) for name in cached_models(REPO)} == {
            f"{NAME}@{commit}",
            f"{NAME}@{newer}",
        }
        assert [str(name) for name in remove_cached(parse_name(f"{NAME}@main"))] == [
            f"{NAME}@{newer}"
        ]
        assert find_cached(parse_name(NAME)) == parse_name(f"{NAME}@{commit}")
        remove_cached(parse_name(NAME))
        assert cached_models() == [other]
        assert str(other) in failure(remove_cached, parse_name(NAME)).hint

    @pytest.mark.parametrize("linked", ["root", "copy", "config", "inside", "download"])
    @pytest.mark.parametrize("asked", ["", "@main", "@commit"])
    def test_links_are_removed_and_never_followed(
        self, hub: Hub, commit: str, tmp_path: Path, linked: str, asked: str
    ) -> None:
        copy = pull_text(NAME)
        elsewhere = tmp_path / "elsewhere"
        link = {
            "root": copy.parent,
            "copy": copy,
            "config": copy / "config.json",
            "inside": copy / "mine",
            "download": copy.parent / f"{commit}.download",
        }[linked]
        if link.exists():
            link.rename(elsewhere)
        else:
            shutil.copytree(copy, elsewhere)
        link.symlink_to(elsewhere)
        kept = sorted(elsewhere.rglob("*"))
        name = parse_name(NAME + asked.replace("commit", commit))
        if linked == "root" and asked:
            error = failure(remove_cached, name)
            assert "behind a link" in error.what and f"models rm {NAME}`" in error.hint
            assert link.is_symlink()
        else:
            remove_cached(name)
            assert cached_models() == []
            assert asked or (not copy.parent.is_symlink() and not copy.parent.exists())
        assert elsewhere.exists() and sorted(elsewhere.rglob("*")) == kept

    def test_a_link_to_nothing_is_removed_too(self, hub: Hub, commit: str) -> None:
        root = pull_text(NAME).parent
        shutil.rmtree(root)
        root.symlink_to(root.with_name("nowhere"))
        assert remove_cached(parse_name(NAME)) == []
        assert not root.is_symlink()

    def test_an_unfinished_download_is_removed_with_its_repository(
        self, hub: Hub, commit: str
    ) -> None:
        hub.truncate = 10_000
        failure(pull_text, NAME)
        assert remove_cached(parse_name(NAME)) == []
        assert left_in_cache() == set()


def test_no_private_part_of_the_client_is_used_and_its_version_is_bounded() -> None:
    """`utils` and `errors` may change with the next major version, the package's top may not."""
    root = Path(__file__).parents[2]
    used = {}
    for path in (root / "puzzlesolver").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("huggingface"):
                used |= {f"{node.module}.{each.name}": path.name for each in node.names}
    assert used
    public = re.compile(r"huggingface_hub(\.utils|\.errors)?\.[A-Za-z]\w*")
    assert not {name: file for name, file in used.items() if not public.fullmatch(name)}
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    (bounds,) = (each for each in project["dependencies"] if each.startswith("huggingface-hub"))
    installed = int(version("huggingface-hub").partition(".")[0])
    assert bounds.endswith(f",<{installed + 1}")
