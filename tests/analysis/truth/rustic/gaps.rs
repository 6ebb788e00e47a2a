//! Edition 2024.
unsafe extern "C" {
    /// Safe to call.
    pub safe fn sqrt(x: f64) -> f64;
    pub unsafe fn free(p: *mut u8);
    safe static LIMIT: u8;
}
unsafe extern fn plain() {}
/// After it.
pub unsafe fn after() {}
