#include "openstack/healthcheck.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace openstack {
namespace {

using platform::http::Request;
using platform::http::Response;

Response ask(const std::vector<std::string>& reasons, const std::string& accept = "",
             const std::string& method = "GET") {
  Request request;
  request.method = method;
  request.path = "/healthcheck";
  if (!accept.empty()) request.headers.set("Accept", accept);
  return healthcheck_response(request, reasons);
}

TEST(Healthcheck, is_ok_without_reasons) {
  const Response response = ask({});
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "OK");
  EXPECT_EQ(response.headers.value("Content-Type"), "text/plain; charset=UTF-8");
}

TEST(Healthcheck, says_the_reasons_with_503) {
  const Response response = ask({"the database is not available", "DISABLED BY FILE"});
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(response.body, "the database is not available\nDISABLED BY FILE");
}

TEST(Healthcheck, head_has_no_body) {
  EXPECT_EQ(ask({}, "", "HEAD").status, 204);
  EXPECT_EQ(ask({"starting"}, "", "HEAD").status, 503);
  EXPECT_EQ(ask({"starting"}, "", "HEAD").body, "");
}

TEST(Healthcheck, answers_in_the_form_that_is_accepted) {
  EXPECT_EQ(ask({}, "application/json").body,
            "{\n    \"detailed\": false,\n    \"reasons\": [\n        \"OK\"\n    ]\n}");
  EXPECT_EQ(ask({}, "*/*").body, "OK");
  EXPECT_EQ(ask({}, "image/png").body, "OK");
  EXPECT_TRUE(ask({}, "text/html").body.starts_with("<HTML>"));
  EXPECT_TRUE(ask({}, "text/plain;q=0.1, application/json;q=0.9").body.starts_with("{"));
}

TEST(Healthcheck, stands_before_the_handler_and_only_at_its_path) {
  const auto handler = with_healthcheck(
      [](Request&) {
        Response response;
        response.status = 401;
        return response;
      },
      [] { return std::vector<std::string>{}; });
  Request check;
  check.path = "/healthcheck";
  EXPECT_EQ(handler(check).status, 200);
  Request other;
  other.path = "/healthchecks";
  EXPECT_EQ(handler(other).status, 401);
}

TEST(Healthcheck, a_file_takes_the_host_out) {
  const std::string path = std::filesystem::temp_directory_path() / "nephele-healthcheck-test";
  std::vector<std::string> reasons;
  std::filesystem::remove(path);
  add_disabling_file(reasons, "");
  add_disabling_file(reasons, path);
  EXPECT_TRUE(reasons.empty());

  std::ofstream(path) << "out\n";
  add_disabling_file(reasons, path);
  EXPECT_EQ(reasons, std::vector<std::string>{"DISABLED BY FILE"});
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace openstack
