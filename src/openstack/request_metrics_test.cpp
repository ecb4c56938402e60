#include "openstack/request_metrics.hpp"

#include <gtest/gtest.h>

namespace openstack {
namespace {

using namespace std::chrono_literals;

uint64_t requests(std::string_view method, std::string_view route, std::string_view status) {
  return platform::metrics::registry()
      .counter(
          {"http_requests_total", ""},
          {{"service", "counted-api"}, {"method", method}, {"route", route}, {"status", status}})
      .value();
}

ApiDefinition counted_api() {
  ApiDefinition api;
  api.role = "counted-api";
  api.prefix = "/v1";
  api.routes = {{"GET", "/things/{thing_id}", kPublic, nullptr},
                {"POST", "/things", kPublic, nullptr}};
  api.public_routes = {{"GET", "/", kPublic, nullptr}};
  return api;
}

TEST(RequestMetrics, are_by_template_and_class_of_status) {
  const ApiDefinition api = counted_api();
  RequestMetrics metrics(api);
  metrics.record(&api.routes[0], 200, 1ms);
  metrics.record(&api.routes[0], 204, 1ms);
  metrics.record(&api.routes[0], 404, 1ms);
  metrics.record(&api.routes[1], 202, 1ms);
  metrics.record(&api.public_routes[0], 300, 1ms);

  EXPECT_EQ(requests("GET", "/v1/things/{thing_id}", "2xx"), 2U);
  EXPECT_EQ(requests("GET", "/v1/things/{thing_id}", "4xx"), 1U);
  EXPECT_EQ(requests("POST", "/v1/things", "2xx"), 1U);
  EXPECT_EQ(requests("GET", "/", "3xx"), 1U);
}

TEST(RequestMetrics, what_no_route_fits_is_one_label) {
  const ApiDefinition api = counted_api();
  const Route foreign{"GET", "/else", kPublic, nullptr};
  RequestMetrics metrics(api);
  metrics.record(nullptr, 404, 1ms);
  metrics.record(&foreign, 404, 1ms);

  EXPECT_EQ(requests("other", "other", "4xx"), 2U);
}

}  // namespace
}  // namespace openstack
