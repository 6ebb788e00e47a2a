fn measure(input: Option<u8>, table: &Table) -> Result<u8, Error> {
    let Some(first) = input else { return Err(Error::None) };
    if let Err(_) = table.check() {}
    if let Err(error) = table.check() {
        log::warn!("{}", error);
    } else if first > 0 && table.is_open() || first == LIMIT {
        drop(first);
    }
    match table.find(first)? {
        Kind::Flat { width, height: tall, .. } if width > 1 => area(width, tall),
        Kind::Solid(ref inner, _) | Kind::Hollow(ref inner, _) => inner.size,
        MAX => 1,
        found @ 1..=3 => found,
        _ => 0,
    };
    match table.close() {
        Ok(_) => done(),
        Err(_) => (),
    }
    'outer: for (index, item) in table.iter().enumerate() {
        while index > 0 {
            loop {
                break 'outer;
            }
        }
    }
    struct Local {
        size: u8,
    }
    impl Local {
        fn grow(&self) {}
    }
    let list: Vec<Local> = vec![Local { size: first }];
    list.iter().map(|one| one.size).for_each(print);
    unsafe { &mut COUNTER as *mut u32 };
    Ok(first)
}

fn wide(a: u8, b: u8, c: u8, d: u8, e: u8, f: u8, g: u8, h: u8) {
    panic!("not yet implemented")
}

fn never() {
    // TODO: think
}
