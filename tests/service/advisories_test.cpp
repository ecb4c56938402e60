// Classes of OpenStack's security advisories (https://security.openstack.org/ossalist.html), each
// with an attempt of its kind.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "api_fixtures.hpp"

namespace api_edge {
namespace {

using platform::http::Request;
using platform::http::Response;

class Advisories : public ::testing::Test {
 protected:
  int as(const std::string& token, const char* role, const char* method, const std::string& target,
         const std::string& body = "") {
    return world_.send_with(role, make_request(method, target, body), token).status;
  }
  Response send(Caller caller, const char* role, const char* method, const std::string& target,
                const std::string& body = "") {
    return world_.send(role, make_request(method, fixtures_.expand(target), fixtures_.expand(body)),
                       caller);
  }
  std::string sign_in_to(const std::string& user, const std::string& project) {
    return world_.sign_in(user, R"({"project":{"id":")" + world_.project(project) + R"("}})");
  }
  // A token of another kind than by password: the members of "identity", and a scope.
  Response authenticate(const std::string& identity, const std::string& scope = "") {
    return world_.send_with(
        "keystone",
        make_request("POST", "/v3/auth/tokens",
                     fmt::format(R"({{"auth":{{"identity":{{{}}}{}}}}})", identity,
                                 scope.empty() ? "" : ",\"scope\":" + scope)),
        "");
  }
  static std::string token_of(const Response& response) {
    return std::string(response.headers.value("X-Subject-Token"));
  }

  CloudWorld world_;
  ApiFixtures fixtures_{world_};
};

// --- tokens that outlive what they stand for

TEST_F(Advisories, a_disabled_users_token_ends_at_once_in_every_service) {
  const std::string token = sign_in_to("member", "demo");
  ASSERT_EQ(as(token, "nova-api", "GET", "/v2.1/servers"), 200);

  send(Caller::admin, "keystone", "PATCH", "/v3/users/{user:member}",
       R"({"user":{"enabled":false}})");

  EXPECT_EQ(as(token, "nova-api", "GET", "/v2.1/servers"), 401);
  EXPECT_EQ(as(token, "neutron-server", "GET", "/v2.0/networks"), 401);
  EXPECT_EQ(as(token, "glance-api", "GET", "/v2/images"), 401);
  EXPECT_EQ(as(token, "keystone", "GET", "/v3/auth/projects"), 401);
}

TEST_F(Advisories, a_disabled_projects_token_ends_at_once) {
  const std::string token = sign_in_to("member", "demo");

  send(Caller::admin, "keystone", "PATCH", "/v3/projects/{project:demo}",
       R"({"project":{"enabled":false}})");

  EXPECT_EQ(as(token, "nova-api", "GET", "/v2.1/servers"), 401);
}

TEST_F(Advisories, a_role_that_is_taken_away_is_gone_from_tokens) {
  const std::string token = sign_in_to("member", "demo");

  EXPECT_EQ(send(Caller::admin, "keystone", "DELETE",
                 "/v3/projects/{project:demo}/users/{user:member}/roles/{member_role}")
                .status,
            204);

  EXPECT_EQ(as(token, "nova-api", "GET", "/v2.1/servers"), 401);
}

TEST_F(Advisories, a_new_password_ends_the_tokens_of_the_old_one) {
  const std::string token = sign_in_to("member", "demo");

  EXPECT_EQ(send(Caller::none, "keystone", "POST", "/v3/users/{user:member}/password",
                 R"({"user":{"original_password":"correct horse","password":"battery"}})")
                .status,
            204);

  EXPECT_EQ(as(token, "nova-api", "GET", "/v2.1/servers"), 401);
}

TEST_F(Advisories, a_token_can_not_be_exchanged_for_one_of_a_foreign_project) {
  const auto response = authenticate(
      R"("methods":["token"],"token":{"id":")" + world_.token(Caller::member) + R"("})",
      R"({"project":{"id":")" + world_.project("other") + R"("}})");
  EXPECT_EQ(response.status, 401);
}

// --- delegation that grows

TEST_F(Advisories, an_application_credential_makes_neither_another_nor_a_trust) {
  const base::Json made = world_.must(
      "keystone",
      make_request("POST", fixtures_.expand("/v3/users/{user:member}/application_credentials"),
                   R"({"application_credential":{"name":"robot","secret":"steel"}})"),
      Caller::member);
  const std::string id = base::text_or(*base::find(made, "application_credential"), "id");
  const std::string token = token_of(
      authenticate(R"("methods":["application_credential"],"application_credential":{"id":")" + id +
                   R"(","secret":"steel"})"));
  ASSERT_EQ(as(token, "nova-api", "GET", "/v2.1/servers"), 200);

  EXPECT_EQ(as(token, "keystone", "POST",
               fixtures_.expand("/v3/users/{user:member}/application_credentials"),
               R"({"application_credential":{"name":"more"}})"),
            403);
  EXPECT_EQ(
      as(token, "keystone", "POST", "/v3/OS-TRUST/trusts",
         fixtures_.expand(R"({"trust":{"trustor_user_id":"{user:member}",)"
                          R"("trustee_user_id":"{user:foreign}","project_id":"{project:demo}",)"
                          R"("impersonation":true,"roles":[{"name":"member"}]}})")),
      403);
}

TEST_F(Advisories, a_trust_gives_no_role_that_the_trustor_lacks) {
  EXPECT_EQ(
      send(Caller::member, "keystone", "POST", "/v3/OS-TRUST/trusts",
           R"({"trust":{"trustor_user_id":"{user:member}","trustee_user_id":"{user:foreign}",)"
           R"("project_id":"{project:demo}","impersonation":false,"roles":[{"name":"admin"}]}})")
          .status,
      404);
}

TEST_F(Advisories, a_trustee_passes_nothing_on) {
  const std::string trust = fixtures_.expand("{trust_id}");
  const std::string token =
      token_of(authenticate(R"("methods":["token"],"token":{"id":")" +
                                world_.sign_in("foreign", R"("unscoped")") + R"("})",
                            R"({"OS-TRUST:trust":{"id":")" + trust + R"("}})"));
  ASSERT_EQ(as(token, "nova-api", "GET", "/v2.1/servers"), 200);

  EXPECT_EQ(
      as(token, "keystone", "POST", "/v3/OS-TRUST/trusts",
         fixtures_.expand(R"({"trust":{"trustor_user_id":"{user:foreign}",)"
                          R"("trustee_user_id":"{user:reader}","project_id":"{project:demo}",)"
                          R"("impersonation":false,"roles":[{"name":"member"}]}})")),
      403);
}

TEST_F(Advisories, a_credential_can_not_be_given_the_name_of_another_user) {
  const std::string path = fixtures_.expand("/v3/credentials/{credentials.credential_id}");
  EXPECT_EQ(send(Caller::member, "keystone", "PATCH", path,
                 R"({"credential":{"user_id":"{user:foreign}"}})")
                .status,
            403);
}

TEST_F(Advisories, a_wrong_name_and_a_wrong_password_look_alike) {
  const auto by_password = [](const std::string& name) {
    return R"("methods":["password"],"password":{"user":{"name":")" + name +
           R"(","domain":{"id":"default"},"password":"guess"}})";
  };
  const Response known = authenticate(by_password("member"));
  const Response unknown = authenticate(by_password("nobody"));
  EXPECT_EQ(known.status, 401);
  EXPECT_EQ(unknown.status, 401);
  EXPECT_EQ(known.body, unknown.body);
}

// --- images

TEST_F(Advisories, an_image_of_another_project_can_not_be_fetched_by_its_id) {
  EXPECT_EQ(send(Caller::foreign, "glance-api", "GET", "/v2/images/{image_id}/file").status, 404);
}

TEST_F(Advisories, a_member_does_not_make_an_image_public) {
  Request request = make_request("PATCH", fixtures_.expand("/v2/images/{image_id}"),
                                 R"([{"op":"replace","path":"/visibility","value":"public"}])");
  request.headers.set("Content-Type", "application/openstack-images-v2.1-json-patch");
  EXPECT_EQ(world_.send("glance-api", request, Caller::member).status, 403);
}

TEST_F(Advisories, an_image_id_is_no_path) {
  EXPECT_EQ(send(Caller::admin, "glance-api", "POST", "/v2/images",
                 R"({"id":"../../secrets","name":"x"})")
                .status,
            400);
  EXPECT_EQ(
      send(Caller::admin, "glance-api", "GET", "/v2/images/..%2f..%2fsecrets.json/file").status,
      404);
}

TEST_F(Advisories, a_qcow2_with_a_backing_file_is_refused) {
  const base::Json image = world_.must(
      "glance-api",
      make_request("POST", "/v2/images",
                   R"({"name":"trojan","disk_format":"qcow2","container_format":"bare"})"),
      Caller::member);
  std::string header("QFI\xfb\0\0\0\3\0\0\0\0\0\0\0\x68\0\0\0\x0b\0\0\0\x10", 24);
  header.resize(104, '\0');
  header += "/etc/passwd";
  header.resize(65536, '\0');
  Request request =
      make_request("PUT", "/v2/images/" + base::text_or(image, "id") + "/file", header);
  request.headers.set("Content-Type", "application/octet-stream");
  EXPECT_EQ(world_.send("glance-api", request, Caller::member).status, 415);
}

// --- networks

TEST_F(Advisories, a_rule_of_a_foreign_security_group_can_not_be_made) {
  const char* rule =
      R"({"security_group_rule":{"security_group_id":"{security-groups.id}","direction":"ingress"}})";
  EXPECT_EQ(
      send(Caller::foreign, "neutron-server", "POST", "/v2.0/security-group-rules", rule).status,
      404);
}

TEST_F(Advisories, a_rule_does_not_point_to_a_foreign_security_group) {
  const base::Json own = world_.must(
      "neutron-server",
      make_request("POST", "/v2.0/security-groups", R"({"security_group":{"name":"own"}})"),
      Caller::foreign);
  const std::string id = base::text_or(*base::find(own, "security_group"), "id");
  EXPECT_EQ(send(Caller::foreign, "neutron-server", "POST", "/v2.0/security-group-rules",
                 R"({"security_group_rule":{"security_group_id":")" + id +
                     R"(","direction":"ingress","remote_group_id":"{security-groups.id}"}})")
                .status,
            404);
}

TEST_F(Advisories, on_a_shared_network_nobody_takes_what_is_its_owners) {
  send(Caller::admin, "neutron-server", "PUT", "/v2.0/networks/{networks.id}",
       R"({"network":{"shared":true}})");
  const auto port = [this](const char* members) {
    return send(Caller::foreign, "neutron-server", "POST", "/v2.0/ports",
                std::string(R"({"port":{"network_id":"{networks.id}")") + members + "}}")
        .status;
  };
  ASSERT_EQ(port(""), 201);

  EXPECT_EQ(port(R"(,"device_owner":"network:dhcp")"), 403);
  EXPECT_EQ(port(R"(,"mac_address":"fa:16:3e:aa:bb:cc")"), 403);
  EXPECT_EQ(port(R"(,"port_security_enabled":false)"), 403);
  EXPECT_EQ(port(R"(,"allowed_address_pairs":[{"ip_address":"10.0.0.1"}])"), 403);
  EXPECT_EQ(port(R"(,"binding:host_id":"host-a")"), 403);
}

TEST_F(Advisories, a_port_does_not_join_a_foreign_security_group) {
  const base::Json network = world_.must(
      "neutron-server", make_request("POST", "/v2.0/networks", R"({"network":{"name":"own"}})"),
      Caller::foreign);
  EXPECT_EQ(
      send(Caller::foreign, "neutron-server", "POST", "/v2.0/ports",
           R"({"port":{"network_id":")" + base::text_or(*base::find(network, "network"), "id") +
               R"(","security_groups":["{security-groups.id}"]}})")
          .status,
      404);
}

// --- servers

TEST_F(Advisories, a_server_is_not_built_from_a_foreign_image_or_on_a_foreign_network) {
  const auto server = [this](const std::string& members) {
    return send(Caller::foreign, "nova-api", "POST", "/v2.1/servers",
                R"({"server":{"name":"x","flavorRef":"{flavor_id}",)" + members + "}}")
        .status;
  };
  EXPECT_EQ(server(R"("imageRef":"{image_id}")"), 400);
  const base::Json image =
      world_.must("glance-api",
                  make_request("POST", "/v2/images",
                               R"({"name":"own","disk_format":"raw","container_format":"bare"})"),
                  Caller::foreign);
  Request data =
      make_request("PUT", "/v2/images/" + base::text_or(image, "id") + "/file", "not a real disk");
  data.headers.set("Content-Type", "application/octet-stream");
  world_.must("glance-api", data, Caller::foreign);
  EXPECT_EQ(server(R"("imageRef":")" + base::text_or(image, "id") +
                   R"(","networks":[{"uuid":"{networks.id}"}])"),
            400);
}

TEST_F(Advisories, metadata_is_for_who_signs_with_the_shared_secret) {
  const std::string server = fixtures_.expand("{server_id}");
  const auto ask = [&](const std::string& signature) {
    Request request = make_request("GET", "/openstack/latest/meta_data.json");
    request.headers.set("X-Instance-ID", server);
    request.headers.set("X-Tenant-ID", world_.project("demo"));
    if (!signature.empty()) request.headers.set("X-Instance-ID-Signature", signature);
    return world_.metadata(request).status;
  };
  EXPECT_EQ(ask(""), 403);
  EXPECT_EQ(ask(std::string(64, '0')), 403);
}

// --- headers

TEST_F(Advisories, what_comes_in_a_header_does_not_come_out_in_one) {
  Request request = make_request("GET", "/v2.1/servers");
  request.headers.set("X-OpenStack-Request-ID", "req-1\r\nX-Injected: 1");
  const Response response = world_.send("nova-api", request, Caller::member);
  for (const auto& [name, value] : response.headers)
    EXPECT_EQ(value.find("Injected"), std::string::npos) << name;
}

}  // namespace
}  // namespace api_edge
