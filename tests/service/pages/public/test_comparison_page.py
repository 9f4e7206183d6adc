"""The parameters of the comparison page, and its addresses of before."""

import httpx


def test_former_addresses_of_a_comparison_lead_to_the_present_one(admin: httpx.Client) -> None:
    for former, present in {
        "one=Ann+Invented&other=bo": "/compare?first=Ann+Invented&second=bo",
        "one=ann": "/compare?first=ann",
        "one=": "/compare",
    }.items():
        reply = admin.get(f"/compare?{former}")
        assert (reply.status_code, reply.headers["location"]) == (301, present)
    assert 'name="first"' in admin.get("/compare").text
    assert "one=" not in admin.get("/compare?first=zz&second=yy").text
