// Signing in to Swift, where a real Keystone and a real Swift are not at hand.
#include "glance/drivers/swift_session.hpp"

#include <gtest/gtest.h>

#include "platform/executor.hpp"
#include "platform/random.hpp"

namespace glance::drivers {
namespace {

using platform::http::Request;
using platform::http::Response;

class SwiftSessionTest : public testing::Test {
 protected:
  SwiftSessionTest() {
    transport_.add("http://keystone:5000", [this](Request& request) { return sign_in(request); });
    transport_.add("http://swift:8080", [this](Request& request) { return store(request); });
    options_.auth_address = "http://keystone:5000/v3/";
    options_.user = "service:glance";
    options_.key = "secret";
    options_.region = "two";
  }

  Response sign_in(const Request& request) {
    ++sign_ins_;
    EXPECT_EQ(request.path, "/v3/auth/tokens");
    const base::Json auth = base::parse_json(request.body).at("auth");
    EXPECT_EQ(base::text_or(auth.at("scope").at("project"), "name"), "service");
    const base::Json user = auth.at("identity").at("password").at("user");
    if (base::text_or(user, "password") != "secret") return {401, {}, "{}", nullptr};
    Response response{201,
                      {},
                      R"({"token":{"catalog":[
        {"type":"compute","endpoints":[{"interface":"public","region":"two","url":"http://no"}]},
        {"type":"object-store","endpoints":[
          {"interface":"public","region":"one","url":"http://elsewhere"},
          {"interface":"admin","region":"two","url":"http://elsewhere"},
          {"interface":"public","region":"two","url":"http://swift:8080/v1/AUTH_p"}]}]}})",
                      nullptr};
    response.headers.set("X-Subject-Token", "token-" + std::to_string(sign_ins_));
    return response;
  }
  Response store(const Request& request) {
    EXPECT_EQ(request.path, "/v1/AUTH_p/c/o");
    if (failures_ > 0 && failures_-- > 0) return {503, {}, "", nullptr};
    return {request.headers.value("X-Auth-Token") == good_token_ ? 201 : 401, {}, "", nullptr};
  }

  platform::Runtime runtime_{platform::system_executor(), platform::system_clock(),
                             platform::system_random(), platform::null_tracer(), "host"};
  platform::http::LocalTransport transport_;
  SwiftOptions options_;
  int sign_ins_ = 0;
  int failures_ = 0;
  std::string good_token_ = "token-1";
};

TEST_F(SwiftSessionTest, signs_in_once_and_again_when_its_token_is_refused) {
  SwiftSession session({transport_, runtime_}, options_);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(session.send({"PUT", "/c/o"}).status, 201);
  EXPECT_EQ(sign_ins_, 1);
  good_token_ = "token-2";
  EXPECT_EQ(session.send({"PUT", "/c/o"}).status, 201);
  EXPECT_EQ(sign_ins_, 2);
  good_token_ = "none";
  EXPECT_EQ(session.send({"PUT", "/c/o"}).status, 401);
}

TEST_F(SwiftSessionTest, tries_again_what_the_storage_could_not_do) {
  SwiftSession session({transport_, runtime_}, options_);
  failures_ = 2;
  EXPECT_EQ(session.send({"PUT", "/c/o"}).status, 201);
  failures_ = 3;
  EXPECT_EQ(session.send({"PUT", "/c/o"}).status, 503);
}

TEST_F(SwiftSessionTest, says_that_it_is_not_let_in_and_never_its_key) {
  for (const bool wrong_region : {false, true}) {
    if (wrong_region)
      options_.region = "three";
    else
      options_.key = "wrong key";
    SwiftSession session({transport_, runtime_}, options_);
    try {
      static_cast<void>(session.send({"PUT", "/c/o"}));
      FAIL();
    } catch (const base::Error& error) {
      EXPECT_EQ(error.kind(), base::ErrorKind::unavailable);
      EXPECT_EQ(std::string(error.what()).find("wrong key"), std::string::npos);
    }
    options_.key = "secret";
  }
}

}  // namespace
}  // namespace glance::drivers
