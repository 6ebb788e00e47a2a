//! Shapes and what they are made of.
//!
//! Second paragraph.

#![allow(dead_code)]

use crate::base::{self, Base, Named as Titled};
use std::{collections::HashMap, fmt::{self, Display}, io::*};
extern crate serde as codec;
mod other;
pub mod tests;

impl<T: Clone> Point<T> {
    /// Made before its type is.
    pub const fn new(x: T, (a, b): (u8, u8)) -> Self {
        let twice = |n: u8, m| n * 2 + m + a;
        twice(b, 1);
        Point { x, y: Vec::new() }
    }

    fn area(&mut self, scale: &dyn Fn(f64) -> f64) -> f64 {
        scale(self.x.size::<u8>())
    }
}

/// A point.
///
/// In the plane.
#[derive(Debug, Clone)]
pub struct Point<T: Clone = u8>
where
    T: Display,
{
    /// To the right.
    pub x: T,
    y: Vec<Titled>,
}

pub struct Pair(pub u8, HashMap<String, Point<u8>>);

struct Unit;

union Bits {
    whole: u32,
}

pub enum Colour {
    /// As blood.
    Red,
    Rgb(u8, u8, Unit),
    Named { name: String },
    Last = LIMIT as isize,
}

/// An area.
pub trait Shape<A>: Base + fmt::Debug {
    /// In what it is measured.
    type Unit: Clone;
    const SIDES: usize = 4;
    fn area(&self, unit: A) -> Self::Unit;
    /// May be overridden.
    fn is_empty(&self) -> bool {
        helper(self)
    }
}

impl<'a, T> Shape<u8> for Point<T>
where
    T: Clone + 'a,
{
    type Unit = f64;
    fn area(&self, unit: u8) -> f64 {
        todo!()
    }
}

impl<T> Shape<T> for T {
    fn area(&self, _unit: T) -> u8 {
        unimplemented!("later")
    }
}

impl fmt::Display for other::Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.name.to_string())
    }
}

pub type Table<K> = HashMap<K, Colour>;
pub const LIMIT: usize = base::limit(3);
static NAME: &str = "shapes";
static mut COUNTER: u32 = 0;
const ADD: fn(u8) -> u8 = |n| n + 1;

extern "C" {
    fn native(code: i32, ...) -> *const u8;
    static ERRNO: i32;
}

/// Inner things.
mod inner {
    //! Said inside.
    use super::Point;

    pub(crate) async fn run<const N: usize>(list: [u8; N]) {}

    impl super::Pair {
        fn first(self: Box<Self>) -> u8 {
            self.0
        }
    }
}

/// Makes one.
#[macro_export]
macro_rules! make {
    ($kind:ty, $value:expr) => {
        <$kind>::build($value)
    };
}
