"""A member list of so many rows, for measuring: invented people, the same each time.

usage: members.py ROWS FILE [one]    (`one`: all in the first association that mails)
"""

import csv
import pathlib
import sys

# Association, province, how many in twenty; and the category that has no insurance.
BODIES = (("OPPI", "ON", 7), ("PIBC", "BC", 5), ("APPI", "AB", 4), ("API", "NS", 2), ("CIP", "QC", 2))
CATEGORIES = ("full", "full", "full", "candidate", "student", "retired")
GIVEN = ("Alice", "Étienne", "Priya", "Noémie", "Owen", "Maëlle", "Kamel", "Ruth")
FAMILY = ("Tremblay", "Macdonald", "Nguyen", "Okafor", "Gagnon", "Singh", "Lévesque", "Fraser")
COLUMNS = (
    "member_no given_name family_name email language province association category pli home"
    " street city postal_code employer"
).split()


def pick(n: int, salt: int, below: int) -> int:
    """Scatters a number over 0 to `below`; another `salt`, another scattering."""
    return ((n * 2654435761 + salt * 40503) % 2**32 >> 9) % below


def body(n: int) -> tuple[str, str]:
    place = pick(n, 1, 20)
    for code, province, share in BODIES:
        if place < share:
            return code, province
        place -= share
    raise AssertionError("the shares come to twenty")


def row(n: int, one: bool) -> tuple:
    code, province = BODIES[0][:2] if one else body(n)
    category = CATEGORIES[pick(n, 4, len(CATEGORIES))]
    insured = pick(n, 5, 3) > 0 and category in ("full", "candidate")
    return (
        f"B{n:07}",
        GIVEN[pick(n, 6, len(GIVEN))],
        f"{FAMILY[pick(n, 7, len(FAMILY))]}-{n}",
        f"m{n}@members.example",
        "fr" if n % 4 == 0 else "en",
        province,
        code,
        category,
        "yes" if insured else "no",
        "yes",
        f"{n % 900 + 1} Main Street",
        "Springfield",
        "K1A 0B1",
        f"City of Example {pick(n, 8, 400)}" if n % 3 == 0 else "",
    )


def write(file: pathlib.Path, rows: int, one: bool = False) -> None:
    """Writes a list of so many rows."""
    with open(file, "w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(COLUMNS)
        writer.writerows(row(n, one) for n in range(1, rows + 1))


if __name__ == "__main__":
    write(pathlib.Path(sys.argv[2]), int(sys.argv[1]), "one" in sys.argv[3:])
