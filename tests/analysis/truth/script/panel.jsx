/* A panel of buttons. */
import React, { useState } from 'react';
import { Button } from './button';

/** A panel. */
export function Panel({ title, items = [], onPick, ...props }) {
  const [open, setOpen] = useState(false);
  const pick = (item) => { onPick(item); setOpen(false); };
  return (
    <section className="panel" {...props}>
      <h1 onClick={() => setOpen(!open)}>{title}</h1>
      {open && items.map((item) => <Button key={item.id} onClick={() => pick(item)}>{item.label}</Button>)}
      <Layout.Footer note={FOOTNOTE} />
      <svg:path d="M0" />
      <></>
    </section>
  );
}

const FOOTNOTE = 'A "quoted" // note';
export const Small = React.memo(({ title }) => <Panel title={title} />);
export default class Frame extends React.Component {
  state = { open: true };
  render() { return <Panel {...this.props} state={this.state} />; }
}
