#include "openstack/paging.hpp"

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "platform/database/sqlite_memory.hpp"

namespace openstack {
namespace {

using platform::http::parse_query;

const SortableColumn kColumns[] = {{"name", "name"}, {"created_at", "created"}, {"id", "id"}};
PageRules rules() {
  return {
      .max_limit = 100,
      .sortable = kColumns,
      .default_sort = {{"created", SortDirection::descending}, {"id", SortDirection::descending}}};
}

std::string order_of(const std::string& query) {
  return order_and_limit(parse_page(parse_query(query), rules())).text;
}

TEST(Paging, sorts_by_what_is_asked_and_then_by_the_default) {
  EXPECT_EQ(order_of(""), " ORDER BY created DESC, id DESC");
  EXPECT_EQ(order_of("limit=5"), " ORDER BY created DESC, id DESC LIMIT ?");
  EXPECT_EQ(order_of("sort_key=name&sort_dir=asc"), " ORDER BY name ASC, created DESC, id DESC");
  EXPECT_EQ(order_of("sort_key=name"), " ORDER BY name DESC, created DESC, id DESC");
  EXPECT_EQ(order_of("sort=name:asc,id:desc"), " ORDER BY name ASC, id DESC, created DESC");
  EXPECT_EQ(order_of("sort_dir=asc"), " ORDER BY created ASC, id ASC");
}

TEST(Paging, cuts_a_limit_that_is_too_large) {
  EXPECT_EQ(parse_page(parse_query("limit=1000"), rules()).limit, 100);
  EXPECT_EQ(parse_page(parse_query("limit=0"), rules()).limit, 0);
  EXPECT_EQ(parse_page(parse_query(""), rules()).limit, std::nullopt);
}

TEST(Paging, refuses_nonsense) {
  for (const char* query :
       {"limit=-1", "limit=x", "limit=", "sort_key=secret", "sort_key=name&sort_dir=up",
        "sort=name:sideways", "sort_key=name&sort_dir=asc&sort_dir=desc"})
    EXPECT_THROW(static_cast<void>(parse_page(parse_query(query), rules())), base::Error) << query;
}

std::string all_pages(platform::Database& database, const std::vector<SortKey>& sort,
                      int64_t size) {
  std::string seen;
  std::string marker;
  for (int pages = 0; pages < 20; ++pages) {
    std::string last;
    database.read([&](platform::Session& session) {
      SqlFragment after;
      platform::SqlValues row;
      if (!marker.empty())
        session.query("SELECT name, id FROM t WHERE id = ?", {marker},
                      [&](const platform::SqlRow& found) {
                        if (found.is_null(0)) {
                          row.emplace_back(nullptr);
                        } else {
                          row.emplace_back(found.text(0));
                        }
                        row.emplace_back(found.text(1));
                      });
      if (!marker.empty()) after = after_marker(sort, row);
      Page page;
      page.limit = size;
      page.sort = sort;
      const SqlFragment order = order_and_limit(page);
      platform::SqlValues values = after.values;
      values.insert(values.end(), order.values.begin(), order.values.end());
      session.query("SELECT id FROM t WHERE 1 = 1" + after.text + order.text, values,
                    [&](const platform::SqlRow& found) { last = found.text(0), seen += last; });
    });
    if (last.empty()) break;
    marker = last;
  }
  return seen;
}

TEST(Paging, walks_all_rows_once_whatever_the_page_size) {
  platform::MemoryDatabase database;
  database.write("fill", [](platform::Session& session) {
    session.execute("CREATE TABLE t (id TEXT PRIMARY KEY, name TEXT)", {});
    session.execute(
        "INSERT INTO t VALUES ('a','x'),('b',NULL),('c','w'),('d','x'),('e',NULL),('f','x')", {});
  });
  const auto ascending = SortDirection::ascending;
  const auto descending = SortDirection::descending;

  for (const int64_t size : {1, 2, 4, 10}) {
    EXPECT_EQ(all_pages(database, {{"name", ascending}, {"id", ascending}}, size), "becadf");
    EXPECT_EQ(all_pages(database, {{"name", descending}, {"id", ascending}}, size), "adfcbe");
    EXPECT_EQ(all_pages(database, {{"name", descending}, {"id", descending}}, size), "fdaceb");
  }
}

TEST(Paging, links_to_the_next_page_with_the_same_query) {
  platform::http::Request request;
  request.path = "/v2.1/servers";
  request.query_text = "limit=2&marker=old&name=a%20b";

  EXPECT_EQ(next_page_url("http://h:8774", request, "new"),
            "http://h:8774/v2.1/servers?limit=2&name=a%20b&marker=new");
}

}  // namespace
}  // namespace openstack
