package flow

func Run(in chan Event, stop <-chan struct{}) error {
	var local, total int
	const step = 2
	if err := check(in); err != nil {
	}
	value, err := load()
	if err != nil {
		// it may be missing
	}
	if err != nil {
		return err
	} else if value == nil {
		return errors.New("none")
	}
	switch kind := value.(type) {
	case *Event, int:
		kind.Send(total)
	case nil:
	default:
	}
	select {
	case event := <-in:
		handle(event, step)
	case <-stop:
		local++
	}
	switch {
	case local > 0 && total > 0:
		goto done
	}
	defer func() {
		recover()
	}()
	go value.Watch(map[string]Event{"a": {Name: local}}, []byte("b"))
done:
	return nil
}

func later(a, b, c, d, e, f, g, h int) {
	panic("not implemented")
}

func never() {
	// TODO: write it
}

func deep() {
	for {
		for range items {
			if a {
				switch b {
				case 1:
					select {
					default:
						if c {
						}
					}
				}
			}
		}
	}
}
