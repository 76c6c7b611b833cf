"""moto, put right where it is laxer than AWS or departs from what AWS documents.

`README.md` says what is corrected and why. moto is wrapped from outside: each
correction is one function that replaces or wraps one method of a moto class.
"""
