/** A list of generic items. */
import * as React from 'react';

interface Props<T> { items: T[]; render(item: T): React.ReactNode; onPick?: (item: T) => void }

/** Shows items. */
export const List = <T extends { id: string },>({ items, render, onPick }: Props<T>): JSX.Element => {
  const ref = React.useRef<HTMLUListElement>(null);
  return <ul ref={ref}>{items.map((item) => <Row<T> key={item.id} item={item} onClick={() => onPick?.(item)}>{render(item)}</Row>)}</ul>;
};

function Row<T>(props: { item: T; onClick: any; children?: React.ReactNode }) {
  return <li onClick={props.onClick}>{props.children}</li>;
}

export class Legacy extends React.Component<Props<string>, {}> {
  override render() { return <List items={this.props.items as never} {...this.props} />; }
}
