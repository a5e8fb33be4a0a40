//! HTTP/2 from end to end.
