// Keystone over its Api, in process, on a database in memory.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "keystone/service.hpp"
#include "openstack/token.hpp"
#include "platform/bus/in_process.hpp"
#include "platform/http/client.hpp"
#include "service_database.hpp"

namespace {

using base::Json;

constexpr const char* kPassword = "a secret";

struct Answer {
  int status = 0;
  Json body;
  std::string subject_token;
};

class Keystone : public ::testing::Test {
 protected:
  Keystone() {
    std::filesystem::remove_all(keys_);
    openstack::FernetKeys::ensure(keys_, platform::system_random());
    keystone::bootstrap(*database_, runtime_, wanted());
    config_.set("identity", "password_hash_rounds", "4");
    config_.set("security_compliance", "lockout_failure_attempts", "3");
    config_.set("security_compliance", "unique_last_password_count", "2");
    start();
    admin_ = sign_in("admin", kPassword, "admin").subject_token;
  }
  ~Keystone() override { std::filesystem::remove_all(keys_); }

  static keystone::Bootstrap wanted() {
    keystone::Bootstrap bootstrap;
    bootstrap.admin_password = kPassword;
    bootstrap.service_password = "service secret";
    bootstrap.password_cost = 4;
    bootstrap.public_urls = {{"identity", "http://cloud:5000/v3"},
                             {"compute", "http://cloud:8774/v2.1"},
                             {"volumev3", "http://cloud:8776/v3/%(project_id)s"}};
    return bootstrap;
  }

  void start() {
    role_.reset();
    tokens_ = std::make_unique<openstack::Tokens>(keys_, runtime_,
                                                  std::make_shared<openstack::Revocations>());
    role_ = keystone::make_keystone(
        {runtime_, *bus_, database_.get(), transport_, config_, tokens_.get()});
  }

  Answer call(const std::string& method, const std::string& target, const std::string& body = "",
              const std::string& token = "admin", const std::string& subject = "") {
    platform::http::Request request;
    request.method = method;
    const size_t question = target.find('?');
    request.path = target.substr(0, question);
    if (question != std::string::npos) request.query_text = target.substr(question + 1);
    request.headers.set("Host", "cloud:5000");
    if (!body.empty()) request.headers.set("Content-Type", "application/json");
    if (!token.empty()) request.headers.set("X-Auth-Token", token == "admin" ? admin_ : token);
    if (!subject.empty()) request.headers.set("X-Subject-Token", subject);
    request.body = body;
    const auto response = role_->api()->handle(request);
    Answer answer;
    answer.status = response.status;
    answer.subject_token = response.headers.value("X-Subject-Token");
    if (!response.body.empty()) answer.body = base::parse_json(response.body);
    return answer;
  }

  Answer authenticate(const std::string& identity, const std::string& scope = "") {
    return call(
        "POST", "/v3/auth/tokens",
        R"({"auth":{"identity":)" + identity + (scope.empty() ? "" : R"(,"scope":)" + scope) + "}}",
        "");
  }
  static std::string by_password(const std::string& name, const std::string& password) {
    return R"({"methods":["password"],"password":{"user":{"name":")" + name +
           R"(","domain":{"id":"default"},"password":")" + password + R"("}}})";
  }
  static std::string project_scope(const std::string& name) {
    return R"({"project":{"name":")" + name + R"(","domain":{"id":"default"}}})";
  }
  Answer sign_in(const std::string& name, const std::string& password,
                 const std::string& project = "") {
    return authenticate(by_password(name, password), project.empty() ? "" : project_scope(project));
  }

  // Creates and gives the id.
  std::string make(const std::string& plural, const std::string& singular,
                   const std::string& attributes) {
    const Answer answer =
        call("POST", "/v3/" + plural, R"({")" + singular + R"(":)" + attributes + "}");
    EXPECT_EQ(answer.status, 201) << base::to_text(answer.body);
    return base::text_or(*base::find(answer.body, singular), "id");
  }
  std::string role_id(const std::string& name) {
    const Answer answer = call("GET", "/v3/roles?name=" + name);
    return base::text_or(base::find(answer.body, "roles")->as_array().at(0), "id");
  }
  // A user with the role member in a project of its own name.
  struct Member {
    std::string user;
    std::string project;
  };
  Member make_member(const std::string& name) {
    Member member{make("users", "user", R"({"name":")" + name + R"(","password":"pass word"})"),
                  make("projects", "project", R"({"name":")" + name + R"("})")};
    EXPECT_EQ(call("PUT", grant(member)).status, 204);
    return member;
  }
  std::string grant(const Member& member, const std::string& role = "member") {
    return "/v3/projects/" + member.project + "/users/" + member.user + "/roles/" + role_id(role);
  }
  bool holds(const std::string& token) { return tokens_->validate(token).has_value(); }

  std::string keys_ = ::testing::TempDir() + "keystone-" + platform::system_random().hex_id();
  platform::Runtime runtime_{platform::system_executor(), platform::system_clock(),
                             platform::system_random(), platform::null_tracer(), "host"};
  std::unique_ptr<platform::Database> database_ =
      service_database::make(keystone::store::migrations());
  std::unique_ptr<platform::Bus> bus_ = platform::make_in_process_bus(runtime_);
  platform::http::LocalTransport transport_{nullptr};
  platform::Config config_{{keystone::options()}};
  std::unique_ptr<openstack::Tokens> tokens_;
  std::unique_ptr<openstack::Role> role_;
  std::string admin_;
};

TEST_F(Keystone, ShowsItsVersionWithoutAToken) {
  EXPECT_EQ(call("GET", "/", "", "").status, 300);
  const Answer answer = call("GET", "/v3", "", "");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(base::text_or(*base::find(answer.body, "version"), "id"), "v3.14");
  EXPECT_EQ(call("GET", "/v3/users", "", "").status, 401);
}

TEST_F(Keystone, IssuesAScopedTokenWithRolesAndCatalog) {
  const Answer answer = sign_in("admin", kPassword, "admin");

  ASSERT_EQ(answer.status, 201);
  const Json& token = *base::find(answer.body, "token");
  EXPECT_EQ(base::text_or(*base::find(token, "project"), "name"), "admin");
  EXPECT_EQ(base::find(token, "roles")->as_array().size(), 3U);  // admin implies member, reader
  const auto& catalog = base::find(token, "catalog")->as_array();
  ASSERT_EQ(catalog.size(), 3U);
  const std::string project = base::text_or(*base::find(token, "project"), "id");
  EXPECT_NE(base::to_text(*base::find(token, "catalog")).find("8776/v3/" + project),
            std::string::npos);
  EXPECT_TRUE(holds(answer.subject_token));
}

TEST_F(Keystone, AnswersEveryWrongSignInAlike) {
  const Answer wrong = sign_in("admin", "wrong", "admin");
  const Answer unknown = sign_in("nobody", "wrong", "admin");
  const Answer no_role = sign_in("nova", "service secret", "admin");

  EXPECT_EQ(wrong.status, 401);
  EXPECT_EQ(unknown.status, 401);
  EXPECT_EQ(no_role.status, 401);
  EXPECT_EQ(wrong.body, unknown.body);
  EXPECT_EQ(wrong.body, no_role.body);
}

TEST_F(Keystone, RefusesMalformedSignIns) {
  EXPECT_EQ(call("POST", "/v3/auth/tokens", "{}", "").status, 400);
  EXPECT_EQ(call("POST", "/v3/auth/tokens", "nonsense", "").status, 400);
  EXPECT_EQ(authenticate(R"({"methods":["password"]})").status, 400);
  EXPECT_EQ(
      authenticate(R"({"methods":["password"],"password":{"user":{"name":"x","password":"y"}}})")
          .status,
      400);
  EXPECT_EQ(authenticate(R"({"methods":["telepathy"]})").status, 401);
}

TEST_F(Keystone, ExchangesATokenForOneOfAnotherScopeThatLivesNoLonger) {
  const Answer unscoped = authenticate(by_password("admin", kPassword), R"("unscoped")");
  ASSERT_EQ(unscoped.status, 201);
  EXPECT_EQ(base::find(*base::find(unscoped.body, "token"), "project"), nullptr);

  const Answer scoped =
      authenticate(R"({"methods":["token"],"token":{"id":")" + unscoped.subject_token + R"("}})",
                   project_scope("admin"));

  ASSERT_EQ(scoped.status, 201);
  const Json& before = *base::find(unscoped.body, "token");
  const Json& after = *base::find(scoped.body, "token");
  EXPECT_EQ(base::text_or(before, "expires_at"), base::text_or(after, "expires_at"));
  EXPECT_EQ(base::find(after, "audit_ids")->as_array().at(1),
            base::find(before, "audit_ids")->as_array().at(0));
}

TEST_F(Keystone, ValidatesAndRevokesTokens) {
  const std::string token = sign_in("admin", kPassword, "admin").subject_token;
  EXPECT_EQ(call("GET", "/v3/auth/tokens", "", "admin", token).status, 200);
  EXPECT_EQ(call("HEAD", "/v3/auth/tokens", "", "admin", token).status, 200);
  EXPECT_EQ(call("GET", "/v3/auth/tokens", "", "admin", "nonsense").status, 404);

  EXPECT_EQ(call("DELETE", "/v3/auth/tokens", "", "admin", token).status, 204);

  EXPECT_EQ(call("GET", "/v3/auth/tokens", "", "admin", token).status, 404);
  EXPECT_TRUE(holds(admin_));
  start();  // what was revoked stays so after a restart
  EXPECT_FALSE(holds(token));
  EXPECT_TRUE(holds(admin_));
}

TEST_F(Keystone, HearsOfWhatAnotherOneHasRevoked) {
  openstack::Tokens tokens(keys_, runtime_, std::make_shared<openstack::Revocations>());
  const auto another =
      keystone::make_keystone({runtime_, *bus_, database_.get(), transport_, config_, &tokens});
  const std::string token = sign_in("admin", kPassword, "admin").subject_token;
  ASSERT_TRUE(tokens.validate(token).has_value());

  EXPECT_EQ(call("DELETE", "/v3/auth/tokens", "", "admin", token).status, 204);

  for (int i = 0; i < 500 && tokens.validate(token); ++i) ::usleep(10'000);
  EXPECT_FALSE(tokens.validate(token).has_value());
  EXPECT_TRUE(tokens.validate(admin_).has_value());
}

TEST_F(Keystone, EndsTokensWhenARoleIsTakenAway) {
  const Member member = make_member("ann");
  const std::string token = sign_in("ann", "pass word", "ann").subject_token;
  ASSERT_TRUE(holds(token));

  EXPECT_EQ(call("DELETE", grant(member)).status, 204);

  EXPECT_FALSE(holds(token));
  EXPECT_EQ(sign_in("ann", "pass word", "ann").status, 401);
  EXPECT_EQ(call("PUT", grant(member)).status, 204);
  const Answer again = sign_in("ann", "pass word", "ann");
  EXPECT_EQ(again.status, 201);
  EXPECT_TRUE(holds(again.subject_token));  // issued within the same second
}

TEST_F(Keystone, EndsTokensOfDisabledUsersAndProjects) {
  const Member member = make_member("ann");
  std::string token = sign_in("ann", "pass word", "ann").subject_token;
  call("PATCH", "/v3/users/" + member.user, R"({"user":{"enabled":false}})");
  EXPECT_FALSE(holds(token));
  EXPECT_EQ(sign_in("ann", "pass word", "ann").status, 401);

  call("PATCH", "/v3/users/" + member.user, R"({"user":{"enabled":true}})");
  token = sign_in("ann", "pass word", "ann").subject_token;
  ASSERT_TRUE(holds(token));
  call("PATCH", "/v3/projects/" + member.project, R"({"project":{"enabled":false}})");
  EXPECT_FALSE(holds(token));
}

TEST_F(Keystone, LetsUsersChangeTheirPasswordButNotReuseIt) {
  const Member member = make_member("ann");
  const std::string token = sign_in("ann", "pass word", "ann").subject_token;
  const std::string path = "/v3/users/" + member.user + "/password";
  EXPECT_EQ(
      call("POST", path, R"({"user":{"original_password":"no","password":"new"}})", "").status,
      401);

  EXPECT_EQ(call("POST", path, R"({"user":{"original_password":"pass word","password":"new"}})", "")
                .status,
            204);

  EXPECT_FALSE(holds(token));
  EXPECT_EQ(sign_in("ann", "pass word", "ann").status, 401);
  EXPECT_EQ(sign_in("ann", "new", "ann").status, 201);
  EXPECT_EQ(call("POST", path, R"({"user":{"original_password":"new","password":"pass word"}})", "")
                .status,
            400);
}

TEST_F(Keystone, LocksAUserOutAfterFailedSignIns) {
  make_member("ann");
  EXPECT_EQ(sign_in("ann", "pass word", "ann").status, 201);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(sign_in("ann", "wrong").status, 401);
  EXPECT_EQ(sign_in("ann", "pass word", "ann").status, 401);
}

TEST_F(Keystone, KeepsMembersAwayFromWhatIsNotTheirs) {
  const Member member = make_member("ann");
  const std::string token = sign_in("ann", "pass word", "ann").subject_token;

  EXPECT_EQ(call("GET", "/v3/users", "", token).status, 403);
  EXPECT_EQ(call("POST", "/v3/projects", R"({"project":{"name":"x"}})", token).status, 403);
  EXPECT_EQ(call("PUT", grant(member, "admin"), "", token).status, 403);
  EXPECT_EQ(call("GET", "/v3/users/" + member.user, "", token).status, 200);
  EXPECT_EQ(call("GET", "/v3/projects/" + member.project, "", token).status, 200);
  const std::string other = make("projects", "project", R"({"name":"other"})");
  EXPECT_EQ(call("GET", "/v3/projects/" + other, "", token).status, 403);
  EXPECT_EQ(call("GET", "/v3/auth/tokens", "", token, admin_).status, 403);
}

TEST_F(Keystone, RefusesDuplicatesAndBadNames) {
  make("projects", "project", R"({"name":"p"})");
  EXPECT_EQ(call("POST", "/v3/projects", R"({"project":{"name":"p"}})").status, 409);
  EXPECT_EQ(call("POST", "/v3/projects", R"({"project":{"name":""}})").status, 400);
  EXPECT_EQ(
      call("POST", "/v3/projects", R"({"project":{"name":")" + std::string(65, 'a') + R"("}})")
          .status,
      400);
  EXPECT_EQ(call("POST", "/v3/users", R"({"user":{"name":"u","domain_id":"nowhere"}})").status,
            404);
  EXPECT_EQ(call("GET", "/v3/users/nobody").status, 404);
}

TEST_F(Keystone, CarriesInheritedAndGroupRolesIntoTokens) {
  const std::string user = make("users", "user", R"({"name":"ann","password":"pass word"})");
  const std::string group = make("groups", "group", R"({"name":"g"})");
  make("projects", "project", R"({"name":"p"})");
  EXPECT_EQ(call("PUT", "/v3/groups/" + group + "/users/" + user).status, 204);
  EXPECT_EQ(sign_in("ann", "pass word", "p").status, 401);

  EXPECT_EQ(call("PUT", "/v3/OS-INHERIT/domains/default/groups/" + group + "/roles/" +
                            role_id("member") + "/inherited_to_projects")
                .status,
            204);

  const Answer answer = sign_in("ann", "pass word", "p");
  ASSERT_EQ(answer.status, 201);
  EXPECT_EQ(base::find(*base::find(answer.body, "token"), "roles")->as_array().size(), 2U);
  const Answer effective = call("GET", "/v3/role_assignments?effective&user.id=" + user);
  EXPECT_FALSE(base::find(effective.body, "role_assignments")->as_array().empty());
  EXPECT_EQ(call("DELETE", "/v3/groups/" + group + "/users/" + user).status, 204);
  EXPECT_FALSE(holds(answer.subject_token));
}

TEST_F(Keystone, DeletesADisabledDomainWithItsContents) {
  const std::string domain = make("domains", "domain", R"({"name":"d"})");
  const std::string user = make("users", "user", R"({"name":"u","domain_id":")" + domain + R"("})");
  const std::string project =
      make("projects", "project", R"({"name":"p","domain_id":")" + domain + R"("})");
  EXPECT_EQ(call("DELETE", "/v3/domains/" + domain).status, 403);
  call("PATCH", "/v3/domains/" + domain, R"({"domain":{"enabled":false}})");

  EXPECT_EQ(call("DELETE", "/v3/domains/" + domain).status, 204);

  EXPECT_EQ(call("GET", "/v3/users/" + user).status, 404);
  EXPECT_EQ(call("GET", "/v3/projects/" + project).status, 404);
  EXPECT_TRUE(holds(admin_));
}

TEST_F(Keystone, DelegatesThroughApplicationCredentials) {
  const Member member = make_member("ann");
  const std::string token = sign_in("ann", "pass word", "ann").subject_token;
  const std::string path = "/v3/users/" + member.user + "/application_credentials";
  const Answer made = call("POST", path, R"({"application_credential":{"name":"robot"}})", token);
  ASSERT_EQ(made.status, 201);
  const Json& credential = *base::find(made.body, "application_credential");
  const std::string id = base::text_or(credential, "id");
  const std::string method =
      R"({"methods":["application_credential"],"application_credential":{"id":")" + id +
      R"(","secret":")" + base::text_or(credential, "secret") + R"("}})";

  const Answer signed_in = authenticate(method);

  ASSERT_EQ(signed_in.status, 201);
  EXPECT_EQ(base::text_or(*base::find(*base::find(signed_in.body, "token"), "project"), "id"),
            member.project);
  EXPECT_EQ(
      call("POST", path, R"({"application_credential":{"name":"more"}})", signed_in.subject_token)
          .status,
      403);
  EXPECT_EQ(call("DELETE", path + "/" + id, "", token).status, 204);
  EXPECT_FALSE(holds(signed_in.subject_token));
  EXPECT_TRUE(holds(token));
  EXPECT_EQ(authenticate(method).status, 401);
}

TEST_F(Keystone, DelegatesThroughTrusts) {
  const Member ann = make_member("ann");
  const Member bob = make_member("bob");
  const std::string token = sign_in("ann", "pass word", "ann").subject_token;
  const Answer made = call("POST", "/v3/OS-TRUST/trusts",
                           R"({"trust":{"impersonation":false,"trustor_user_id":")" + ann.user +
                               R"(","trustee_user_id":")" + bob.user + R"(","project_id":")" +
                               ann.project + R"(","roles":[{"name":"member"}]}})",
                           token);
  ASSERT_EQ(made.status, 201) << base::to_text(made.body);
  const std::string id = base::text_or(*base::find(made.body, "trust"), "id");
  const std::string scope = R"({"OS-TRUST:trust":{"id":")" + id + R"("}})";

  EXPECT_EQ(authenticate(by_password("admin", kPassword), scope).status, 403);
  const Answer trusted = authenticate(by_password("bob", "pass word"), scope);
  ASSERT_EQ(trusted.status, 201);
  EXPECT_EQ(base::text_or(*base::find(*base::find(trusted.body, "token"), "project"), "id"),
            ann.project);
  EXPECT_EQ(
      authenticate(R"({"methods":["token"],"token":{"id":")" + trusted.subject_token + R"("}})",
                   project_scope("bob"))
          .status,
      403);
  EXPECT_EQ(call("DELETE", "/v3/OS-TRUST/trusts/" + id, "", token).status, 204);
  EXPECT_FALSE(holds(trusted.subject_token));
  EXPECT_TRUE(holds(token));
}

TEST_F(Keystone, ServiceUsersMayValidateTokens) {
  const std::string nova = sign_in("nova", "service secret", "service").subject_token;
  EXPECT_EQ(call("GET", "/v3/auth/tokens", "", nova, admin_).status, 200);
}

TEST_F(Keystone, BootstrapIsIdempotentAndSetsANewPassword) {
  const auto count = [&](const std::string& plural) {
    return base::find(call("GET", "/v3/" + plural).body, plural)->as_array().size();
  };
  const size_t users = count("users");
  const size_t endpoints = count("endpoints");
  keystone::Bootstrap changed = wanted();
  changed.admin_password = "another";
  changed.public_urls["compute"] = "http://cloud:9999/v2.1";

  keystone::bootstrap(*database_, runtime_, changed);

  EXPECT_EQ(count("users"), users);
  EXPECT_EQ(count("endpoints"), endpoints);
  EXPECT_EQ(sign_in("admin", kPassword, "admin").status, 401);
  EXPECT_EQ(sign_in("admin", "another", "admin").status, 201);
  EXPECT_NE(base::to_text(call("GET", "/v3/endpoints").body).find("cloud:9999"), std::string::npos);
}

}  // namespace
