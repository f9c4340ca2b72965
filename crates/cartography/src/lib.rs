//! How figures look: classes, colours, legends, numbers and map styles.
//!
//! Everything here is a pure function from values to values: the same campaign gives the same edges, colours and style
//! on every machine. Campaign calls it to fix the class edges at publication, the server to answer
//! `/styles/{measure}.json`, exports and prints to colour and to write numbers.
//!
//! Invariants:
//! - class edges are finite and strictly increasing; a value on an edge belongs to the class above it;
//! - colours come from `tiles/palettes.json`, read at compile time, and from nowhere else;
//! - a class step is judged against the *spread* of a figure, so that a colour never claims more than is known.
//!
//! It never reads a file, a clock or a socket, and never sees geometry.

mod classes;
mod error;
mod format;
mod jenks;
mod legend;
mod palette;
mod style;

pub use classes::{
    Certainty, Classes, MAX_CLASSES, Method, STEPS_THOUSANDTHS, Weighted, default_classes, percentile,
    supported_classes,
};
pub use error::CartographyError;
pub use format::{Counted, Language, integer, interval, people, points, share, signed_points};
pub use jenks::fisher_jenks;
pub use legend::{Bin, Legend, LegendArea, LegendClass, legend};
pub use palette::{PALETTES, Palette, Textures, Theme, palette, stance, textures};
pub use style::{StyleLevel, StyleRequest, fill_colour, style};
