//! Each safety rule.
