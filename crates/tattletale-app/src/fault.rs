//! What could not be read of an app or an image. The type is the core's, since studies show it too.

pub use tattletale_core::model::FaultKind;
pub use tattletale_core::model::app::Fault;
