/// Stands.
pub fn before(x: u8) -> u8 {
    helper(x
}

struct Half {
    a: u8
    b: ,
}

impl Half {
    fn method(&self) -> u8 {
        if self.a > {
            1
        }

    fn second(&self) {}
}

pub trait Last {
    fn required(&self);
    fn given(&self) {
