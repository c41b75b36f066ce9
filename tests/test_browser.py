"""The browser for tests of pages sees what it is to see, so that a page without faults has none."""

import pytest
from browser import opened


def test_a_page_is_opened_as_asked(chromium, tmp_path):
    path = tmp_path / "a b%.html"
    path.write_text("<!doctype html><p>ä</p>", encoding="utf-16")
    options = {"viewport": {"width": 400, "height": 600}, "color_scheme": "dark"}
    with opened(chromium, path, **options) as page:
        assert page.inner_text("p") == "ä"
        dark = "matchMedia('(prefers-color-scheme: dark)').matches"
        assert page.evaluate(f"[innerWidth, {dark}]") == [400, True]


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ("<script>console.error('bad')</script>", "error: bad"),
        ("<script>throw new Error('thrown')</script>", "error: thrown"),
        ("<img src='none.png'>", "not found: file:.*none.png"),
        ("<img src='https://example.org/some.png'>", "fetched: https://example.org"),
    ],
)
def test_faults_of_a_page_are_seen(chromium, tmp_path, body, fault):
    path = tmp_path / "page.html"
    path.write_text(f"<!doctype html>{body}")
    with pytest.raises(AssertionError, match=fault), opened(chromium, path):
        pass
