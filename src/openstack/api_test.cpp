#include "openstack/api.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>

#include "openstack/paging.hpp"

namespace openstack {
namespace {

namespace fs = std::filesystem;
using platform::http::Request;
using platform::http::Response;

constexpr const char* kProject = "fedcba9876543210fedcba9876543210";

const PolicyRule kRules[] = {
    {"things:list", "project_id:%(project_id)s", ""},
    {"things:create", "role:admin", ""},
};

const Schema& thing_schema() {
  static const Schema schema(R"({"type": "object", "properties": {"thing": {"type": "string"}},
                                 "required": ["thing"]})");
  return schema;
}

class RecordingTracer final : public platform::Tracer {
 public:
  void record(platform::Hop hop) override { hops.push_back(std::move(hop)); }
  std::vector<platform::Hop> hops;
};

Response echo(ApiRequest& request) {
  base::JsonObject body{{"method", request.http.method},
                        {"version", to_text(request.context.version)},
                        {"project", request.context.project_id()}};
  for (const auto& [name, value] : request.path_parameters) body[name] = value;
  return json_response(200, base::to_text(body));
}

Routes make_routes() {
  const auto named = [](const char* name) {
    return [name](ApiRequest&) { return json_response(200, std::string("\"") + name + "\""); };
  };
  return {
      {.method = "GET", .path = "/things", .policy = "things:list", .handler = echo},
      {.method = "POST",
       .path = "/things",
       .policy = "things:create",
       .handler = echo,
       .body = &thing_schema()},
      {.method = "GET",
       .path = "/things/detail",
       .policy = "things:list",
       .handler = named("detail")},
      {.method = "GET", .path = "/things/{thing_id}", .policy = "things:list", .handler = echo},
      {.method = "DELETE", .path = "/things/{id}", .policy = "things:list", .handler = echo},
      {.method = "GET",
       .path = "/things/{id}/new",
       .policy = "things:list",
       .handler = named("old"),
       .until = {2, 9}},
      {.method = "GET",
       .path = "/things/{id}/new",
       .policy = "things:list",
       .handler = named("new"),
       .from = {2, 10},
       .until = {2, 20}},
      {.method = "PUT",
       .path = "/things/{id}/file",
       .policy = "things:list",
       .handler = echo,
       .streams = true},
      {.method = "GET",
       .path = "/broken",
       .policy = "things:list",
       .handler = [](ApiRequest&) -> Response { throw std::runtime_error("secret cause"); }},
      {.method = "POST", .path = "/auth/tokens", .policy = kPublic, .handler = echo},
  };
}

class ApiTest : public testing::Test {
 protected:
  ApiTest() {
    std::string pattern = fs::temp_directory_path() / "api_test.XXXXXX";
    directory_ = ::mkdtemp(pattern.data());
    FernetKeys::ensure(directory_, platform::system_random());
    tokens_ = std::make_unique<Tokens>(directory_, runtime(), std::make_shared<Revocations>());
    make(ErrorStyle::nova);
  }
  ~ApiTest() override { fs::remove_all(directory_); }

  platform::Runtime runtime() {
    return {platform::system_executor(), platform::system_clock(), platform::system_random(),
            tracer_, "host"};
  }
  void make(ErrorStyle style) {
    ApiDefinition definition;
    definition.role = "test-api";
    definition.errors = style;
    definition.prefix = "/v2.1";
    definition.project_in_path = true;
    definition.routes = make_routes();
    definition.public_routes = {
        {.method = "GET", .path = "/", .policy = kPublic, .handler = echo},
        {.method = "GET", .path = "/v2.1", .policy = kPublic, .handler = echo}};
    if (style == ErrorStyle::nova)
      definition.microversions =
          MicroversionSupport{{2, 1}, {2, 79}, "compute", "X-OpenStack-Nova-API-Version"};
    definition.policies = kRules;
    definition.keystone_url = "http://127.0.0.1:5000";
    api_ = std::make_unique<Api>(std::move(definition), runtime(), *tokens_);
  }
  std::string token(const std::string& role = "admin") {
    TokenData data;
    data.identity.user_id = "u1";
    data.identity.project_id = kProject;
    data.identity.roles = {role};
    data.issued_at = platform::system_clock().now();
    data.expires_at = data.issued_at + std::chrono::hours(1);
    return tokens_->issue(data);
  }
  Request request(const std::string& method, const std::string& path) {
    Request out;
    out.method = method;
    out.path = path;
    out.headers.set("X-Auth-Token", token());
    return out;
  }
  Response send(Request out) { return api_->handle(out); }
  Response get(const std::string& path) { return send(request("GET", path)); }
  Response get_with(const std::string& path, const std::string& name, const std::string& value) {
    Request out = request("GET", path);
    out.headers.set(name, value);
    return send(out);
  }
  Response post(const std::string& body, const std::string& type = "application/json") {
    Request out = request("POST", "/v2.1/things");
    out.headers.set("Content-Type", type);
    out.body = body;
    return send(out);
  }

  RecordingTracer tracer_;
  std::string directory_;
  std::unique_ptr<Tokens> tokens_;
  std::unique_ptr<Api> api_;
};

TEST_F(ApiTest, finds_the_row_and_decodes_its_parameters) {
  EXPECT_EQ(get("/v2.1/things/detail").body, "\"detail\"");
  EXPECT_EQ(get("/v2.1/things/").status, 404);
  const base::Json body = base::parse_json(get("/v2.1/things/a%2Fb").body);
  EXPECT_EQ(base::text_or(body, "thing_id"), "a/b");
  EXPECT_EQ(base::text_or(body, "project"), kProject);
  EXPECT_EQ(send(request("DELETE", "/v2.1/things/detail")).status, 200);
}

TEST_F(ApiTest, serves_paths_with_the_callers_project_only) {
  EXPECT_EQ(get(std::string("/v2.1/") + kProject + "/things/detail").body, "\"detail\"");
  EXPECT_EQ(get("/v2.1/0123456789abcdef0123456789abcdef/things").status, 400);
}

TEST_F(ApiTest, wants_a_token_except_for_public_routes) {
  Request anonymous;
  anonymous.path = "/v2.1/things";
  const Response response = send(anonymous);
  EXPECT_EQ(response.status, 401);
  EXPECT_EQ(response.headers.value("WWW-Authenticate"), "Keystone uri=\"http://127.0.0.1:5000\"");
  EXPECT_EQ(response.body,
            R"({"error":{"code":401,"message":"The request you have made requires authentication.")"
            R"(,"title":"Unauthorized"}})");

  for (const char* path : {"/", "/v2.1", "/v2.1/"}) {
    anonymous.path = path;
    EXPECT_EQ(send(anonymous).status, 200) << path;
  }
  anonymous.method = "POST";
  anonymous.path = "/v2.1/auth/tokens";
  EXPECT_EQ(send(anonymous).status, 200);

  EXPECT_EQ(get_with("/v2.1/things", "X-Auth-Token", "forged").status, 401);
}

TEST_F(ApiTest, answers_unknown_paths_and_methods_as_each_service_does) {
  EXPECT_EQ(get("/v2.1/nothing").body,
            R"({"itemNotFound":{"code":404,"message":"The resource could not be found."}})");
  EXPECT_EQ(get("/v2.10/things").status, 404);
  EXPECT_EQ(send(request("PUT", "/v2.1/things")).status, 404);

  make(ErrorStyle::keystone);
  const Response response = send(request("PUT", "/v2.1/things"));
  EXPECT_EQ(response.status, 405);
  EXPECT_EQ(response.headers.value("Allow"), "GET, HEAD, POST");
  Request anonymous;
  anonymous.path = "/v2.1/nothing";
  EXPECT_EQ(send(anonymous).status, 404);

  make(ErrorStyle::neutron);
  EXPECT_EQ(
      get("/v2.1/nothing").body,
      R"({"NeutronError":{"type":"HTTPNotFound","message":"The resource could not be found.",)"
      R"("detail":""}})");
}

TEST_F(ApiTest, negotiates_the_microversion) {
  const Response plain = get("/v2.1/things");
  EXPECT_EQ(plain.headers.value("OpenStack-API-Version"), "compute 2.1");
  EXPECT_EQ(plain.headers.value("X-OpenStack-Nova-API-Version"), "2.1");
  EXPECT_EQ(plain.headers.value("Vary"), "OpenStack-API-Version");

  const auto version = [&](const char* name, const char* value) {
    return std::string(
        get_with("/v2.1/things", name, value).headers.value("OpenStack-API-Version"));
  };
  EXPECT_EQ(version("OpenStack-API-Version", "compute 2.42"), "compute 2.42");
  EXPECT_EQ(version("OpenStack-API-Version", "volume 3.0, compute latest"), "compute 2.79");
  EXPECT_EQ(version("OpenStack-API-Version", "volume 3.0"), "compute 2.1");
  EXPECT_EQ(version("X-OpenStack-Nova-API-Version", "2.3"), "compute 2.3");

  const auto refused = [&](const char* value) {
    return get_with("/v2.1/things", "OpenStack-API-Version", value);
  };
  EXPECT_EQ(refused("compute 2.100").body,
            R"({"computeFault":{"code":406,"message":"Version 2.100 is not supported by the API. )"
            R"(Minimum is 2.1 and maximum is 2.79."}})");
  EXPECT_EQ(refused("compute 2.100").status, 406);
  for (const char* malformed : {"compute 2", "compute 2.01", "compute x.y", "compute 2.1.1"})
    EXPECT_EQ(refused(malformed).status, 400) << malformed;
}

TEST_F(ApiTest, chooses_the_row_by_version) {
  const auto at = [&](const char* version) {
    return get_with("/v2.1/things/t/new", "OpenStack-API-Version", version);
  };
  EXPECT_EQ(at("compute 2.9").body, "\"old\"");
  EXPECT_EQ(at("compute 2.10").body, "\"new\"");
  EXPECT_EQ(at("compute 2.21").status, 404);
}

TEST_F(ApiTest, refuses_bodies_that_do_not_fit) {
  EXPECT_EQ(post(R"({"thing": "t"})").status, 200);
  EXPECT_EQ(post("").body, R"({"badRequest":{"code":400,"message":"Malformed request body"}})");
  EXPECT_EQ(post("{").status, 400);
  EXPECT_EQ(post("[]").status, 400);
  EXPECT_EQ(post(R"({"thing": 1})").body,
            R"({"badRequest":{"code":400,"message":"Invalid input for field/attribute thing. )"
            R"(Value: 1. 1 is not of type 'string'"}})");
  EXPECT_EQ(post("<a/>", "application/xml").status, 415);

  make(ErrorStyle::keystone);
  EXPECT_EQ(post("<a/>", "application/xml").status, 400);
}

TEST_F(ApiTest, denies_by_policy_in_each_services_words) {
  const auto denied = [&] {
    Request out = request("POST", "/v2.1/things");
    out.headers.set("X-Auth-Token", token("member"));
    out.body = R"({"thing": "t"})";
    return send(out);
  };
  EXPECT_EQ(denied().status, 403);
  EXPECT_EQ(message_of_error_body(denied().body),
            "Policy doesn't allow things:create to be performed.");
  make(ErrorStyle::keystone);
  EXPECT_EQ(message_of_error_body(denied().body),
            "You are not authorized to perform the requested action: things:create.");
}

TEST_F(ApiTest, answers_head_as_get_without_a_body) {
  const Response response = send(request("HEAD", "/v2.1/things"));
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "");
}

TEST_F(ApiTest, tells_nothing_of_an_unexpected_error) {
  const Response response = get("/v2.1/broken");
  EXPECT_EQ(response.status, 500);
  EXPECT_EQ(response.body.find("secret"), std::string::npos);
}

TEST_F(ApiTest, names_every_answer_and_takes_over_only_proper_request_ids) {
  const std::string global = "req-f2e2f1d4-6a7f-4a5b-9d51-6f4a1c0f7d11";
  for (const auto& [sent, taken] :
       {std::pair<std::string, size_t>{global, 2}, {"req-1 forged", 1}, {"", 1}}) {
    tracer_.hops.clear();
    Request out = request("DELETE", "/v2.1/things/t");
    out.headers.set("X-OpenStack-Request-ID", sent);
    const Response response = send(out);

    const std::string own(response.headers.value("x-openstack-request-id"));
    EXPECT_EQ(own, response.headers.value("x-compute-request-id"));
    ASSERT_EQ(tracer_.hops.size(), taken);
    EXPECT_EQ(tracer_.hops.back().request_id, own);
    EXPECT_EQ(tracer_.hops.back().name, "DELETE /v2.1/things/t");
    EXPECT_EQ(tracer_.hops.back().outcome, "200");
  }
}

TEST_F(ApiTest, keeps_reads_out_of_the_trace) {
  static_cast<void>(get("/v2.1/things"));
  EXPECT_TRUE(tracer_.hops.empty());
}

TEST_F(ApiTest, knows_which_routes_stream) {
  EXPECT_TRUE(api_->streams(request("PUT", "/v2.1/things/t/file")));
  EXPECT_FALSE(api_->streams(request("POST", "/v2.1/things")));
}

TEST(ErrorBody, speaks_webobs_three_shapes_for_glance) {
  const base::Error error(base::ErrorKind::not_found, "No <image>");
  const auto shape = [&](const char* accept) {
    Request request;
    request.headers.set("Accept", accept);
    return error_response(ErrorStyle::glance, error, request);
  };
  EXPECT_EQ(shape("application/json").body,
            R"({"message":"No <image><br /><br />\n\n\n","code":"404 Not Found",)"
            R"("title":"Not Found"})");
  EXPECT_NE(shape("text/html").body.find("No &lt;image&gt;"), std::string::npos);
  EXPECT_EQ(shape("text/plain").body, "404 Not Found\n\nNo <image>\n\n\n");
  EXPECT_EQ(message_of_error_body(shape("application/json").body), "No <image>");
}

TEST(ErrorBody, is_read_whatever_service_made_it) {
  for (const ErrorStyle style : {ErrorStyle::nova, ErrorStyle::keystone, ErrorStyle::neutron}) {
    const base::Error error(base::ErrorKind::conflict, "taken", "secret");
    const Response response = error_response(style, error, Request{});
    EXPECT_EQ(response.status, 409);
    EXPECT_EQ(message_of_error_body(response.body), "taken");
    EXPECT_EQ(response.body.find("secret"), std::string::npos);
  }
  EXPECT_EQ(message_of_error_body(""), "");
}

}  // namespace
}  // namespace openstack
