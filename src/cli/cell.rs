//! Owns a cell of a CSV file that people open in a spreadsheet.

/// A cell that a spreadsheet shows and does not reckon: what a member list holds may come from
/// anybody's form.
pub(super) fn plain(cell: &str) -> std::borrow::Cow<'_, str> {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        return format!("'{cell}").into();
    }
    cell.into()
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn no_cell_is_a_formula() {
        for cell in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"] {
            assert_eq!(plain(cell), format!("'{cell}"));
        }
        for cell in ["", "Camille", "1 = 1", "a@members.example", "7K2QX-9ZB4M"] {
            assert_eq!(plain(cell), cell);
        }
    }
}
