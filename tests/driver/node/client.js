// node-postgres against the driver: every check is a function of this file, run by name; the environment says where to
// connect, as for a worker of the tree.
'use strict';
const assert = require('assert/strict');
const { Client, Pool } = require('pg');
const Cursor = require('pg-cursor');
const { from: copyFrom, to: copyTo } = require('pg-copy-streams');
const { Readable } = require('stream');
const { pipeline } = require('stream/promises');

const checks = {
  async answers_types_and_parameters(client) {
    const { rows } = await client.query('select $1::int + 1 as number, $2::text as text, $3::jsonb as json, null as none',
      [41, "it's", { a: [1, 2] }]);
    assert.deepEqual(rows, [{ number: 42, text: "it's", json: { a: [1, 2] }, none: null }]);
    const several = await client.query('select 1 as a; select 2 as b');
    assert.deepEqual(several.map((result) => result.rows), [[{ a: 1 }], [{ b: 2 }]]);
  },

  async errors_have_their_code_and_the_session_goes_on(client) {
    await assert.rejects(client.query('select 1 / 0'), { code: '22012' });
    await assert.rejects(client.query('select $1::int', ['no number']), { code: '22P02' });
    await assert.rejects(client.query('selec'), { code: '42601' });
    assert.equal((await client.query('select 1 as one')).rows[0].one, 1);
  },

  // The same names with other texts in each session, more sessions than shared connections.
  async named_statements_follow_their_session() {
    const pool = new Pool({ max: 8 });
    try {
      const clients = await Promise.all(Array.from({ length: 8 }, () => pool.connect()));
      await Promise.all(clients.map(async (client, number) => {
        for (let turn = 0; turn < 50; turn++) {
          const { rows } = await client.query({ name: `statement-${turn % 5}`,
            text: `select ${number}::int as client, ${turn % 5}::int as kind, $1::int as turn`, values: [turn] });
          assert.deepEqual(rows, [{ client: number, kind: turn % 5, turn }]);
        }
      }));
      clients.forEach((client) => client.release());
    } finally {
      await pool.end();
    }
  },

  async a_pool_runs_statements_and_transactions_side_by_side() {
    const pool = new Pool({ max: 10 });
    try {
      await pool.query('create table if not exists node_sums (id int primary key, total int)');
      await pool.query('insert into node_sums select g, 0 from generate_series(1, 10) g on conflict (id) do update set total = 0');
      await Promise.all(Array.from({ length: 100 }, async (_, turn) => {
        if (turn % 2 === 0) return pool.query('select count(*) from node_sums where id = $1', [turn % 10 + 1]);
        const client = await pool.connect();
        try {
          await client.query('begin');
          await client.query('update node_sums set total = total + 1 where id = $1', [turn % 10 + 1]);
          await client.query(turn % 4 === 1 ? 'commit' : 'rollback');
        } finally {
          client.release();
        }
      }));
      assert.equal((await pool.query('select sum(total)::int as total from node_sums')).rows[0].total, 25);
    } finally {
      await pool.end();
    }
  },

  async a_cursor_reads_a_portal_by_and_by(client) {
    const cursor = client.query(new Cursor('select g from generate_series(1, 1000) g'));
    let sum = 0;
    for (let rows = await cursor.read(64); rows.length > 0; rows = await cursor.read(64)) {
      sum += rows.reduce((total, row) => total + row.g, 0);
    }
    await cursor.close();
    assert.equal(sum, 500500);
    assert.equal((await client.query('select 1 as one')).rows[0].one, 1);
  },

  async copy_goes_in_and_comes_out(client) {
    await client.query('drop table if exists node_copied');
    await client.query('create table node_copied (a int, b text)');
    const lines = Array.from({ length: 20000 }, (_, number) => `${number}\t${'x'.repeat(50)}\n`);
    await pipeline(Readable.from(lines), client.query(copyFrom('copy node_copied from stdin')));
    assert.equal((await client.query('select sum(a)::int as sum from node_copied')).rows[0].sum, 20000 * 19999 / 2);
    let bytes = 0;
    for await (const chunk of client.query(copyTo('copy node_copied to stdout'))) bytes += chunk.length;
    assert.equal(bytes, lines.join('').length);
    await client.query('drop table node_copied');
  },

  async a_notification_arrives(client) {
    const heard = new Promise((resolve) => client.once('notification', resolve));
    await client.query('listen node_news');
    const speaker = new Client();
    await speaker.connect();
    await speaker.query("notify node_news, 'today'");
    await speaker.end();
    assert.equal((await heard).payload, 'today');
    await client.query('unlisten *');
  },
};

async function main(name) {
  const client = new Client();
  await client.connect();
  try {
    await checks[name](client);
  } finally {
    await client.end();
  }
}

if (process.argv[2] === '--list') {
  console.log(Object.keys(checks).join('\n'));
} else {
  main(process.argv[2]).catch((error) => {
    console.error(error);
    process.exit(1);
  });
}
