"""A call, from its INVITE to its end.

`arrival.py` has the INVITE, with `message.py` and `trunk.py`; `plan.py` and `progress.py` are a call's state,
`attempts.py` and `answers.py` what happens to it, with `late_leg.py`; `dialogs.py` has what follows the answer.
"""
