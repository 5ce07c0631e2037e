"""The published catalogues: every row's id once, ranges spelt out as the catalogues write them."""

from cloister.facts.published_catalogues import published_catalogues


def test_three_hundred_rows_each_once() -> None:
    ids = [one for catalogue in published_catalogues() for one in catalogue.ids]
    assert len(ids) == len(set(ids)) == 300
    assert {"WAF-REL-C1", "WAF-SEC-R14", "S0-01", "S0-C9", "S2-57", "S3-A6", "438c38d2", "CKV2_AZURE_50"} <= set(ids)
