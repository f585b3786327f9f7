//! What the fuzz targets share: what every reading must satisfy, and a grammar of reports.

pub mod reading;
pub mod report;
