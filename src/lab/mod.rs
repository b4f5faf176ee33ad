//! Floor 3, the lab: an experiment from TOML to verdict.

pub mod advice;
pub mod bench;
pub mod check;
pub mod compare;
pub mod config;
pub mod decay;
pub mod experiment;
pub mod form;
pub mod history;
pub mod json;
pub mod learned;
pub mod machine;
pub mod onset;
pub mod plan;
pub mod plot;
pub mod reading;
pub mod records;
pub mod remedies;
pub mod report;
pub mod run_folder;
pub mod seeds;
pub mod summary;
pub mod text;
pub mod theory;
pub mod weights;
pub mod whole_file;
