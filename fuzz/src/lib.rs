//! What the fuzz targets share: what every reading must satisfy, and a grammar of reports.

#[path = "../../tests/support/markup.rs"]
pub mod markup;
pub mod reading;
pub mod report;
