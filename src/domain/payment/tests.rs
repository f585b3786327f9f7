use proptest::prelude::*;

use super::*;
use crate::domain::bill::{Rate, TaxLine};

const ORDER: [Rank; 4] = [Rank::Premium, Rank::OwnDues, Rank::OtherDues, Rank::Penalty];

fn owed_line(invoice: i64, line: i64, rank: Rank, total: i64, settled: i64) -> Owed {
    let (total, settled) = (cents(total), cents(settled));
    Owed { invoice: InvoiceId(invoice), line, rank, total, settled }
}

/// `invoice/line amount`, in order.
fn shown(allocations: &[Allocation]) -> Vec<String> {
    let show = |a: &Allocation| format!("{}/{} {}", a.invoice.0, a.line, a.amount.get());
    allocations.iter().map(show).collect()
}

/// Amount, what is owed, order, shares.
type Case<'a> = (i64, &'a [Owed], &'a [Rank], &'a [&'a str]);

#[test]
fn a_payment_settles_in_the_order_of_the_config() {
    use Rank::{OtherDues, OwnDues, Penalty, Premium};
    let bill = [
        owed_line(1, 1, OwnDues, 400, 0),
        owed_line(1, 2, OtherDues, 300, 0),
        owed_line(1, 3, Premium, 200, 0),
        owed_line(2, 1, Penalty, 50, 0),
    ];
    let half_paid = [owed_line(1, 1, OwnDues, 400, 150), owed_line(1, 3, Premium, 200, 200)];
    let over = [owed_line(1, 1, OwnDues, 400, 500)];
    let dues_first = [OwnDues, OtherDues, Penalty, Premium];
    let table: [Case<'_>; 8] = [
        (950, &bill, &ORDER, &["1/3 200", "1/1 400", "1/2 300", "2/1 50"]),
        (250, &bill, &ORDER, &["1/3 200", "1/1 50"]),
        (250, &bill, &dues_first, &["1/1 250"]),
        (2_000, &bill, &ORDER, &["1/3 200", "1/1 400", "1/2 300", "2/1 50"]),
        (300, &half_paid, &ORDER, &["1/1 250"]),
        (300, &over, &ORDER, &[]),
        (0, &bill, &ORDER, &[]),
        (-5, &bill, &ORDER, &[]),
    ];
    for (amount, owed, order, want) in table {
        assert_eq!(shown(&allocate(cents(amount), owed, order)), want, "{amount}");
    }
}

/// Nine planners of one employer: the premium of all nine before the dues of the first.
#[test]
fn one_cheque_for_nine() {
    let owed: Vec<Owed> = (1..=9)
        .flat_map(|n| {
            [owed_line(n, 1, Rank::OwnDues, 400, 0), owed_line(n, 2, Rank::Premium, 200, 0)]
        })
        .collect();
    let all = allocate(cents(9 * 600), &owed, &ORDER);
    assert_eq!((all.len(), sum(&all).get()), (18, 5_400));
    let short = allocate(cents(2_000), &owed, &ORDER);
    assert_eq!(shown(&short)[8..], ["9/2 200", "1/1 200"]);
}

#[test]
fn what_settles_nothing_goes_back_first() {
    let applied = [
        Allocation { invoice: InvoiceId(1), line: 3, amount: cents(200) },
        Allocation { invoice: InvoiceId(1), line: 1, amount: cents(400) },
    ];
    for (amount, unapplied, want) in [
        (600, 0, vec!["1/1 -400", "1/3 -200"]),
        (650, 50, vec!["1/1 -400", "1/3 -200"]),
        (50, 50, vec![]),
        (150, 50, vec!["1/1 -100"]),
        (9_999, 0, vec!["1/1 -400", "1/3 -200"]),
    ] {
        let taken = take_back(cents(amount), cents(unapplied), &applied);
        assert_eq!(shown(&taken), want, "{amount}");
    }
}

#[test]
fn a_part_of_a_line_carries_its_part_of_the_tax() {
    let line = line(10_000, &[130_000]);
    let first = part(&line, cents(0), cents(5_650));
    assert_eq!((first.amount.get(), first.taxes[0].amount.get()), (5_000, 650));
    let rest = part(&line, cents(5_650), cents(5_650));
    assert_eq!((rest.amount.get(), rest.taxes[0].amount.get()), (5_000, 650));
    assert_eq!(part(&line, cents(0), line.total()), line);
}

fn line(amount: i64, rates: &[i64]) -> Line {
    let tax = |rate: &i64| {
        let rate = Rate::new(*rate).unwrap();
        let (tax, registration) = ("T".to_owned(), String::new());
        TaxLine { tax, rate, registration, amount: rate.of(cents(amount)) }
    };
    Line {
        kind: LineKind::Dues,
        supplier: "OPPI".into(),
        category: "full".into(),
        amount: cents(amount),
        taxes: rates.iter().map(tax).collect(),
    }
}

fn any_owed() -> impl Strategy<Value = Vec<Owed>> {
    let one = (1i64..4, 0usize..4, 0i64..100_000, 0i64..100_000);
    prop::collection::vec(one, 0..12).prop_map(|lines| {
        (1i64..)
            .zip(lines)
            .map(|(line, (invoice, rank, total, settled))| {
                owed_line(invoice, line, Rank::ALL[rank], total, settled.min(total))
            })
            .collect()
    })
}

proptest! {
    #[test]
    fn what_is_allocated_and_what_is_not_come_to_what_was_received(
        amount in 0i64..1_000_000, owed in any_owed(), turn in 0usize..4,
    ) {
        let mut order = ORDER;
        order.rotate_left(turn);
        let allocations = allocate(cents(amount), &owed, &order);
        let applied = sum(&allocations).get();
        prop_assert!(applied <= amount);
        let open: i64 = owed.iter().map(|o| o.total.get() - o.settled.get()).sum();
        prop_assert_eq!(applied, amount.min(open), "nothing waits while something is owed");
        for line in &owed {
            let own = |a: &&Allocation| a.invoice == line.invoice && a.line == line.line;
            let more: i64 = allocations.iter().filter(own).map(|a| a.amount.get()).sum();
            prop_assert!(more >= 0 && line.settled.get() + more <= line.total.get());
        }
    }

    #[test]
    fn taking_all_back_undoes_exactly(amount in 0i64..1_000_000, owed in any_owed()) {
        let allocations = allocate(cents(amount), &owed, &ORDER);
        let unapplied = cents(amount - sum(&allocations).get());
        let mut back = take_back(cents(amount), unapplied, &allocations);
        back.reverse();
        let negated = |a: &Allocation| Allocation { amount: a.amount.negated(), ..*a };
        prop_assert_eq!(back, allocations.iter().map(negated).collect::<Vec<_>>());
    }

    #[test]
    fn taking_part_back_takes_that_part(
        amount in 0i64..1_000_000, owed in any_owed(), part in 0i64..1_000_000,
    ) {
        let allocations = allocate(cents(amount), &owed, &ORDER);
        let unapplied = amount - sum(&allocations).get();
        let back = take_back(cents(part.min(amount)), cents(unapplied), &allocations);
        prop_assert_eq!(-sum(&back).get(), (part.min(amount) - unapplied).max(0));
    }

    #[test]
    fn the_parts_of_all_payments_come_to_the_line(
        amount in 0i64..1_000_000, rates in prop::collection::vec(0i64..1_000_000, 0..3),
        cuts in prop::collection::vec(0i64..2_000_000, 0..5),
    ) {
        let line = line(amount, &rates);
        let total = line.total().get();
        let mut ends: Vec<i64> = cuts.into_iter().map(|c| c.min(total)).collect();
        ends.sort_unstable();
        ends.push(total);
        let (mut before, mut sums) = (0, vec![0i64; 1 + line.taxes.len()]);
        for end in ends {
            let part = part(&line, cents(before), cents(end - before));
            prop_assert_eq!(part.total().get(), end - before);
            sums[0] += part.amount.get();
            for (sum, tax) in sums[1..].iter_mut().zip(&part.taxes) {
                prop_assert!(tax.amount.get() >= 0);
                *sum += tax.amount.get();
            }
            before = end;
        }
        let whole: Vec<i64> = std::iter::once(line.amount.get())
            .chain(line.taxes.iter().map(|t| t.amount.get()))
            .collect();
        prop_assert_eq!(sums, whole);
    }
}
