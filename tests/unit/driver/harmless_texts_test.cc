// Which texts may run on a connection that another client gets next without a reset.
#include "driver/sql/sql_keywords.h"
#include "driver/sql/sql_traits.h"
#include "tests/support/catch.h"

using namespace ca::driver;

namespace {

const HarmlessFunctions functions({"mine", "app.theirs"});

Pins pins(std::string_view sql, SqlDialect dialect = {}) { return inspect_sql(sql, functions, dialect).pins; }

}  // namespace

TEST_CASE("what clients send most is proven to be harmless") {
  const auto* sql = GENERATE(
      "", ";;", "select 1", "SELECT abalance FROM pgbench_accounts WHERE aid = $1;", "table t", "values (1), (2)",
      "UPDATE pgbench_accounts SET abalance = abalance + -5 WHERE aid = 7;",
      "INSERT INTO pgbench_history (tid, bid, aid, delta, mtime) VALUES (1, 2, 3, 4, CURRENT_TIMESTAMP);",
      "delete from only s.t x using u where x.a = u.a returning x.*", "(select 1) union all (select f.a from f)",
      "insert into \"User\" (\"id\", \"name\") values ($1, $2) on conflict (\"id\") do update set (a, b) = (1, 2) "
      "returning id",
      "insert into s.t as x (a) select 1 on conflict (lower(a)) where b do nothing",
      "with a (x, y) as (select 1, 2), b(z) as materialized (select 1), c as not materialized (select 1) select * from "
      "a, b",
      "with recursive t(n) as (values (1) union all select n + 1 from t where n < 100) select sum(n) from t",
      "with d as (delete from t returning id) insert into u (id) select id from d",
      "select count(*) filter (where a > 1) over (partition by (b) order by (c)), rank() over w from t window w as "
      "(order by a)",
      "select percentile_cont(0.5) within group (order by a) from t",
      "select x.a, y.b from generate_series(1, 3) x(a) join lateral (select 1) y (b) on (true) cross join (values (1)) "
      "v(c)",
      "select * from json_to_recordset($1) as x(a int, b numeric(10, 2), c geometry(Point, 4326), d \"char\")",
      "select * from unnest($1::text[], $2::int[]) with ordinality as t(a, b, n)",
      "select a::numeric(10, 2), cast(b as varchar(5)), c::s.vector(3), date '2020-01-01', interval '1' day, b'1', "
      "x'f'",
      "select a in (1, 2), b like ('x'), not (c), d between (1) and (2), exists (select 1), e = any (array[1]) from t",
      "select coalesce(a, b), nullif(a, b), extract(epoch from now()), substring(a from 1 for 2), row (1, 2) from t "
      "for update",
      "select case when (a) then lower(b) else upper(c) end from t left join (u join v using (w)) on (t.a = u.a)",
      "select pg_catalog.lower(a), information_schema._pg_truetypid(b, c), mine(1), x.mine(1), app.theirs(2) from t",
      "select c.relname operator(pg_catalog.~) '^(x)$' collate pg_catalog.default, 1 OPERATOR(pg_catalog.+) abs(2) "
      "from pg_class c",
      "select a from t group by grouping sets ((a), ()), b order by (a) limit (1) offset (2)",
      "select a from t group by rollup (a, b)", "select a from t tablesample system (10)",
      "select distinct on (a) lower(b) from t",
      "merge into t using (select 1 as a) s on (t.a = s.a) when matched then update set b = 1 "
      "when not matched then insert (a, b) values (1, 2)",
      "select nextval('s'), setval('s', 5)", "select pg_notify('a', 'b'), pg_advisory_xact_lock(hashtext('x'))",
      "select current_setting('x'), pg_backend_pid(), pg_sleep(1), random(), gen_random_uuid()",
      "select 1e5, 1.5, .5, 0x1f, 1_000, $1, $2::int", "select 'a' 'b', 'set x', $$set_config('a')$$, \"set\" from t",
      "begin", "start transaction isolation level serializable", "commit and chain", "end", "rollback to savepoint a",
      "savepoint a", "release a", "abort", "SET LOCAL x = 1", "set local a.b to 'c'", "set transaction read only",
      "SET CONSTRAINTS ALL DEFERRED", "show x", "show all", "RESET ALL", "UNLISTEN *", "NOTIFY c, 'x'", "DISCARD ALL",
      "PREPARE TRANSACTION 'x'", "commit prepared 'x'", "DEALLOCATE ALL", "deallocate x", "lock table t in share mode",
      "DECLARE c CURSOR FOR SELECT lower(a) FROM t", "declare c cursor without hold for select 1", "fetch 5 from c",
      "close c", "explain select 1", "explain analyze verbose insert into t values (1)",
      "explain (costs off, analyze) (select 1)", "copy t from stdin", "copy s.t (a, b) from stdin (format csv)",
      "copy \"T\" to stdout with (format binary)", "copy (select lower(a) from t) to stdout",
      "copy t from stdin where a > abs(b)", "truncate t, s.u restart identity");
  INFO(sql);
  CHECK(pins_text(pins(sql)).empty());
  CHECK(pins(sql) == 0);
}

TEST_CASE("a text that calls a function which is not known is not proven, however it is written") {
  const auto* sql = GENERATE(
      "select yours()", "select yours ()", "select yours/* a */(1)", "select yours -- a\n(1)", "select \"yours\"(1)",
      "select \"LOWER\"('x')", "select s.lower('x')", "select s.yours(1)", "select d.s.yours(1)",
      "select s . \"yours\" (1)", "select theirs(1)", "select other.theirs(1)", "select * from yours()",
      "select * from t, yours(t.a) x(b)", "select * from t join yours(1) on true",
      "select * from rows from (abs(1), yours(2))", "select 1 where yours(1)", "select 1 + yours(1)",
      "select a, yours(1) from t", "select not yours(1)", "select distinct on (a) yours(b) from t",
      "select 1 operator(pg_catalog.+) yours(1)", "select operator(1)", "select operator(a.b, c)", "values (yours(1))",
      "insert into t values (yours(1))", "insert into t (a) select yours(1)", "update t set a = yours(1)",
      "update t set (a, b) = (yours(1), 2)", "delete from t where yours(a)", "delete from t returning yours(a)",
      "insert into t values (1) on conflict (yours(a)) do nothing",
      "insert into t values (1) on conflict do update set a = yours(1)", "with a as (select yours(1)) select 1",
      "with a(b) as (select 1) (select 1) order by b, yours(1)", "with a as (select 1) select b, yours(1) from a",
      "select f(x) from t join u on conflict(1)", "select over(1)", "select filter(1)", "select join(1)",
      "select conflict(1)", "select set(1)", "select by(1)", "select insert(1)", "select materialized(1)",
      "select rollup(1)", "select sets(1)", "select ilike(1)", "select in_(1)", "select treat(1 as yours)",
      "select treat(42::bigint as pg_advisory_unlock)", "select (1).yours", "select (t.a).yours from t",
      "select (42::bigint).pg_terminate_backend", "select $1.yours", "select a[1].yours from t",
      "select count(*) over yours(1)", "select x'1'yours(1)", "select 1 as a, yours(2)",
      "select a::int, yours(1) from t", "select a[1:yours(2)] from t", "explain select yours(1)",
      "explain (select yours(1))", "explain (analyze) select yours(1)", "copy (select yours(1)) to stdout",
      "copy t from stdin where yours(a)", "declare c cursor for select yours(1)",
      "select query_to_xml('select 1', true, true, '')", "select table_to_xml('t', true, true, '')",
      "select set_limit(0.5)", "select ts_stat('select 1')", "select dblink('x', 'y')", "select lo_open(1, 2)",
      "select pg_read_file('x')", "select pg_export_snapshot()", "select pg_replication_origin_session_setup('x')",
      "select pg_stat_reset()", "merge into t using s on yours(1) when matched then do nothing",
      "(select 1) union (select yours(1))", "select yours\xc3\xa9(1)", "select lower\xc3\xa9(1)", "select lowerr(1)",
      "select 1; select yours(1); select 2", "fetch 1 from c; select yours(1)");
  INFO(sql);
  CHECK((pins(sql) & pin::unproven) != 0);
}

TEST_CASE("a text that writes to a relation of PostgreSQL's own is not proven, however it is written") {
  const auto* sql = GENERATE(
      "update pg_settings set setting = '1'", "UPDATE Pg_Settings SET setting = '1'",
      "update \"pg_settings\" set setting = '1'", "update only pg_settings set setting = '1'",
      "update pg_catalog.pg_settings set setting = '1'", "update \"pg_catalog\" . pg_settings set setting = '1'",
      "update code_analysis.pg_catalog.pg_settings set setting = '1'", "update pg_settings * set setting = '1'",
      "update pg_settings as s set setting = '1'", "update information_schema.x set a = 1",
      "with u as (update pg_settings set setting = '1' returning 1) select 1",
      "with a as (select 1) update pg_settings set setting = '1'",
      "with a as (select 1), u as (delete from pg_x) select 1", "insert into pg_class values (1)",
      "insert into pg_catalog.pg_class (a) values (1)", "delete from only pg_settings",
      "merge into pg_settings using s on true when matched then update set setting = '1'",
      "explain analyze update pg_settings set setting = '1'", "copy pg_class from stdin",
      "copy pg_catalog.pg_class (a) from stdin", "copy (update pg_settings set setting = '1' returning 1) to stdout",
      "truncate t, pg_class", "select 1; update pg_settings set a = 1", "update (pg_settings) set a = 1",
      "delete from only (pg_settings)", "insert into (t) values (1)");
  INFO(sql);
  CHECK((pins(sql) & pin::unproven) != 0);
}

TEST_CASE("a statement that is not known to be harmless is not proven") {
  const auto* sql = GENERATE("execute p", "select 1 into t", "select 1 as a into t from u", "explain execute p",
                             "explain create table t as select 1", "explain analyze refresh materialized view v",
                             "copy t from '/tmp/x'", "copy t from program 'x'", "copy (select 1) to '/tmp/x'", "copy t",
                             "copy binary pg_class from stdin", "frobnicate", "do 'x'", "call p()", "\"select\" 1",
                             "'x'", "+", "set local standard_conforming_strings = off",
                             "set local \"client_encoding\" = 'SJIS'", "set local names 'SJIS'",
                             "set local client_encoding to sjis", "update", "insert into", ")", "select (1");
  INFO(sql);
  CHECK((pins(sql) & pin::unproven) != 0);
}

TEST_CASE("a statement that changes the database makes its connection be reset, and does not keep it") {
  const auto* sql =
      GENERATE("create table t (a int default yours(1))", "alter table t set (fillfactor=70)", "drop table t",
               "create table t as select yours(1)", "grant select on t to u", "comment on table t is 'x'", "vacuum t",
               "analyze t", "reindex table t", "refresh materialized view v");
  INFO(sql);
  CHECK(pins(sql) == pin::reset);
  CHECK(inspect_sql(sql, functions).wants_own_connection());
}

TEST_CASE("writes are told from reads, wherever they stand") {
  CHECK(inspect_sql("with a as (insert into t values (1)) select 1", functions).writes);
  CHECK(inspect_sql("select 1; delete from t", functions).writes);
  CHECK(inspect_sql("copy t from stdin", functions).writes);
  CHECK(inspect_sql("merge into t using u on true when matched then delete", functions).writes);
  CHECK(inspect_sql("truncate t", functions).writes);
  CHECK_FALSE(inspect_sql("copy t to stdout", functions).writes);
  CHECK_FALSE(inspect_sql("select 'insert into t', \"update\" from t for update", functions).writes);
}

TEST_CASE("what standard_conforming_strings and client_encoding make doubtful is not understood") {
  const SqlDialect old_strings{false, true}, old_bytes{true, false};
  CHECK(pins("select 'a\\'", old_strings) == pin::unknown);
  CHECK(pins("select 'a'\n'b\\'", old_strings) == pin::unknown);
  CHECK(pins("select n'a\\'", old_strings) == pin::unknown);
  CHECK(pins("select 'a', e'\\'', \"\\\"", old_strings) == 0);
  CHECK(pins("select 'a\\', e'\\''") == 0);
  CHECK(pins("select '\x83\x5c'", old_bytes) == pin::unknown);
  CHECK(pins("select 'a'", old_bytes) == 0);
  CHECK_FALSE(keeps_ascii("SJIS"));
  CHECK_FALSE(keeps_ascii("Shift_JIS_2004"));
  CHECK_FALSE(keeps_ascii("gb18030"));
  CHECK(keeps_ascii("UTF8"));
  CHECK(keeps_ascii("LATIN1"));
}

TEST_CASE("text deeper than the reader goes is not proven") {
  for (const int depth : {10, 95, 96, 100000}) {
    const auto times = static_cast<std::size_t>(depth);
    const std::string sql = "select " + std::string(times, '(') + '1' + std::string(times, ')');
    CHECK(((pins(sql) & pin::unproven) != 0) == (depth > 95));
  }
}

TEST_CASE("each name of the lists is found, whatever stands in front of it in the table") {
  for (const auto name : harmless_builtins()) {
    INFO(name);
    CHECK(functions.contains({}, name));
    CHECK(functions.contains("pg_catalog", name));
    CHECK_FALSE(functions.contains("public", name));
  }
  CHECK_FALSE(functions.contains({}, ""));
  CHECK(keyword("abort") == Keyword::unreserved);
  CHECK(keyword("zone") == Keyword::unreserved);
  CHECK(keyword("select") == Keyword::reserved);
  CHECK(keyword("coalesce") == Keyword::column_name);
  CHECK(keyword("left") == Keyword::type_or_function);
  CHECK(keyword("a") == Keyword::none);
}
