"""Where to look, before what to measure: locators drafted independently, probed, mended, and one kept.

Every step asks first and records in order afterwards, so which answer comes first changes nothing. After a
kill a step asks again, and a drafter answers from its journal: no call is paid twice.
"""
