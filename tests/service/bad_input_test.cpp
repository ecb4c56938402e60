// Every route under input as nobody should send it: the answer is an error of the service's own
// kind, and nothing has been made.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>

#include "bad_bodies.hpp"
#include "base/text.hpp"
#include "error_shape.hpp"
#include "route_table.hpp"

namespace api_edge {
namespace {

using platform::http::Request;
using platform::http::Response;

struct Value {
  std::string_view name;
  std::string_view text;
};

constexpr std::array kBadParameters{
    Value{"no id", "not-an-id"},
    Value{"a NUL", "a%00b"},
    Value{"a slash", "..%2f..%2fetc%2fpasswd"},
    Value{"bytes that are not UTF-8", "%ff%fe"},
    Value{"SQL", "'%20OR%201%3D1%20--"},
    Value{"half an escape", "%4"},
    Value{"a line break", "a%0d%0ab"},
    Value{"a negative number", "-1"},
    Value{"a huge number", "99999999999999999999999"},
    Value{"letters of many bytes", "%F0%9F%92%A9"},
};
constexpr std::array kBadQueries{
    Value{"limit", "limit=-1"},
    Value{"limit", "limit=abc"},
    Value{"limit", "limit=99999999999999999999999"},
    Value{"limit", "limit=1.5"},
    Value{"marker", "marker=00000000-0000-4000-8000-000000000000"},
    Value{"marker", "marker=%27%20OR%201=1"},
    Value{"sort", "sort_key=password&sort_dir=asc"},
    Value{"sort", "sort_key=id&sort_dir=sideways"},
    Value{"other", "sort=id:sideways"},
    Value{"text", "name=%ff%fe"},
    Value{"text", "name=a%00b"},
    Value{"text", "a%00=b"},
    Value{"text", "%ff=%ff&&&===&"},
    Value{"other", "page_reverse=perhaps&fields=nonsense"},
    Value{"other", "changes-since=yesterday"},
    Value{"other", "all_tenants=perhaps"},
    Value{"other", "status=nonsense&host=&flavor=&image=&ip=((&name=(("},
};
// Lists in pages: a page that can not be must be refused.
constexpr std::array<std::string_view, 15> kPaged{
    "/v2.1/servers",        "/v2.1/servers/detail", "/v2.1/flavors",
    "/v2.1/flavors/detail", "/v2/images",           "/v2.0/networks",
    "/v2.0/subnets",        "/v2.0/ports",          "/v2.0/security-groups",
    "/v2.0/subnetpools",    "/v3/volumes",          "/v3/volumes/detail",
    "/v3/snapshots",        "/v3/snapshots/detail", "/v3/groups/detail"};

// Text that is no JSON is refused before any schema sees it.
bool is_refused_by(const openstack::Schema& schema, const std::string& text) {
  try {
    return schema.check(base::parse_json(text)).has_value();
  } catch (const base::Error&) {
    return true;
  }
}

class BadInput : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    style_ = world_.api(GetParam()).definition().errors;
    for (const KnownRoute& route : known_routes(world_)) routes_[route.key()] = route.route;
    for (const RouteLine& line : read_route_lines())
      if (line.role == GetParam()) lines_.push_back(line);
    rows_ = world_.count_rows();
  }

  // Who gets in, so that it is the input that fails.
  static Caller caller_for(const RouteLine& line) {
    for (const Caller wanted : {Caller::admin, Caller::member})
      for (size_t i = 0; i < callers().size(); ++i)
        if (callers()[i].caller == wanted && line.expected[i] == "ok") return wanted;
    return Caller::admin;
  }

  // Glance makes an image of nothing, Keystone keeps any value for an option of a domain, and an
  // action that takes no argument does not look at it.
  bool takes_it(const RouteLine& line, const BadBody& body) const {
    if (line.role == "glance-api" && line.method == "POST") return body.text == "{}";
    if (line.path.find("/config") != std::string::npos)
      return body.what.find("/url = ") != std::string::npos;
    return line.path.ends_with("/action") && line.body.ends_with(":null}") &&
           base::parse_json(line.body).as_object().begin()->value().is_null();
  }

  // Sends what must fail, or may be fine as long as nothing breaks.
  void attempt(const RouteLine& line, Request request, const std::string& what, bool must_fail) {
    const std::string sent =
        fmt::format("{} {} {} with {}", line.method, request.path, line.version, what);
    const Response response = world_.send(line.role, request, caller_for(line));
    if (response.status < 400) {
      EXPECT_FALSE(must_fail) << sent << " was answered with " << response.status << "\n"
                              << request.body.substr(0, 500);
      if (line.deletes()) fixtures_.forget_path(line.path);
      rows_ = world_.count_rows();
      return;
    }
    const auto fault = fault_in_error(style_, request, response);
    EXPECT_FALSE(fault) << sent << ": " << fault.value_or("") << "\n"
                        << request.body.substr(0, 500);
  }

  void expect_nothing_made(const RouteLine& line) {
    const auto now = world_.count_rows();
    // Fewer: a message was in flight and has been settled.
    for (const auto& [table, count] : now)
      EXPECT_LE(count, rows_[table]) << table << " after " << to_text(line);
    rows_ = now;
  }

  // The request of a line, with all that it needs in place.
  Request prepared(const RouteLine& line) {
    Request request = request_of(line, world_, fixtures_);
    rows_ = world_.count_rows();
    return request;
  }

  CloudWorld world_;
  ApiFixtures fixtures_{world_};
  openstack::ErrorStyle style_{};
  std::vector<RouteLine> lines_;
  std::map<std::string, const openstack::Route*> routes_;
  std::map<std::string, int64_t> rows_;
};

TEST_P(BadInput, bodies_that_are_wrong_are_refused) {
  for (const RouteLine& line : lines_) {
    const openstack::Route& route = *routes_.at(line.key());
    if (line.body.empty() || route.streams) continue;
    const Request good = prepared(line);
    const base::Json json = base::parse_json(good.body);
    std::vector<BadBody> bodies = malformed_bodies(good.body);
    if (route.body) {
      for (BadBody& body : reshaped_bodies(json)) bodies.push_back(std::move(body));
      for (BadBody& body : bodies) body.must_fail = is_refused_by(*route.body, body.text);
    }
    for (BadBody& body : changed_bodies(json)) bodies.push_back(std::move(body));
    for (const bool must_fail : {true, false}) {
      for (const BadBody& body : bodies) {
        if ((body.must_fail && !takes_it(line, body)) != must_fail) continue;
        Request request = good;
        request.body = body.text;
        attempt(line, request, body.what, must_fail);
      }
      if (must_fail) expect_nothing_made(line);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Services, BadInput, ::testing::ValuesIn(roles_with_an_api()),
                         [](const auto& parameter) {
                           return base::replace_all(parameter.param, "-", "_");
                         });

TEST_P(BadInput, other_media_types_are_refused_where_openstack_does) {
  if (style_ != openstack::ErrorStyle::nova && style_ != openstack::ErrorStyle::keystone)
    GTEST_SKIP() << "this service takes any";
  for (const RouteLine& line : lines_) {
    if (line.body.empty()) continue;
    Request request = prepared(line);
    request.headers.set("Content-Type", "application/xml");
    attempt(line, request, "Content-Type application/xml", true);
    expect_nothing_made(line);
  }
}

TEST_P(BadInput, path_parameters_that_are_wrong_break_nothing) {
  for (const RouteLine& line : lines_) {
    const auto segments = base::split(line.path, '/');
    for (size_t i = 0; i < segments.size(); ++i) {
      if (!segments[i].starts_with('{')) continue;
      const auto target = [&](std::string_view value) {
        std::string path;
        for (size_t j = 1; j < segments.size(); ++j)
          path += "/" + (j == i ? std::string(value) : std::string(segments[j]));
        return path;
      };
      RouteLine bad = line;
      const std::string overlong(5000, 'a');
      std::vector<Value> values(kBadParameters.begin(), kBadParameters.end());
      values.push_back({"5,000 letters", overlong});
      for (const Value& value : values) {
        bad.path = target(value.text);
        attempt(line, request_of(bad, world_, fixtures_), std::string(value.name), false);
      }
    }
  }
}

TEST_P(BadInput, queries_that_are_wrong_break_nothing) {
  for (const RouteLine& line : lines_) {
    if (line.method != "GET") continue;
    Request request = prepared(line);
    for (const Value& value : kBadQueries) {
      request.query_text = value.text;
      const bool paged = std::find(kPaged.begin(), kPaged.end(), line.path) != kPaged.end();
      const bool must_fail = value.name == "text" || (paged && value.name != "other");
      attempt(line, request, std::string(value.text), must_fail);
    }
  }
}

TEST_P(BadInput, versions_that_are_not_served_are_refused) {
  if (!world_.api(GetParam()).definition().microversions) GTEST_SKIP() << "has no microversions";
  for (const RouteLine& line : lines_) {
    if (routes_.at(line.key())->policy == openstack::kPublic) continue;
    Request request = prepared(line);
    for (const char* version : {"abc", "2", "2.", ".1", "2.1.1", "-2.1", "2.-1", "2.01", "2.1x",
                                "99999999999.1", "\xff", "2.1\x01", "1.9", "2.999", "3.999"}) {
      request.headers.set(
          "OpenStack-API-Version",
          (GetParam() == "cinder-api" ? "volume " : "compute ") + std::string(version));
      attempt(line, request, std::string("version ") + version, true);
    }
    expect_nothing_made(line);
  }
}

}  // namespace
}  // namespace api_edge
