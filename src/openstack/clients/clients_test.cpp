#include <gtest/gtest.h>

#include "base/error.hpp"
#include "openstack/clients/cinder.hpp"
#include "openstack/clients/glance.hpp"
#include "openstack/clients/neutron.hpp"
#include "openstack/clients/nova.hpp"
#include "openstack/clients/revocation_feed.hpp"

namespace openstack::clients {
namespace {

using platform::http::Request;
using platform::http::Response;

// Signs in whoever asks and answers the rest from a script, remembering what came.
class ScriptedTransport final : public platform::http::Transport {
 public:
  Response send(const std::string&, Request request, base::Duration) override {
    requests.push_back(request);
    if (request.path == "/v3/auth/tokens") return sign_in();
    Response response = answers.empty() ? Response{} : answers.front();
    if (!answers.empty()) answers.erase(answers.begin());
    return response;
  }
  Response sign_in() {
    Response response;
    response.status = 201;
    response.headers.set("X-Subject-Token", "token" + std::to_string(++sign_ins));
    response.body = R"({"token": {"expires_at": "2100-01-01T00:00:00.000000Z"}})";
    return response;
  }
  void answer(int status, std::string body) {
    Response response;
    response.status = status;
    response.body = std::move(body);
    answers.push_back(std::move(response));
  }
  std::vector<Request> requests;
  std::vector<Response> answers;
  int sign_ins = 0;
};

class ClientsTest : public testing::Test {
 protected:
  ScriptedTransport transport_;
  ServiceSession session_{
      transport_,
      {.auth_url = "http://k:5000/v3", .username = "nova", .password = "secret"},
      {platform::system_executor(), platform::system_clock(), platform::system_random(),
       platform::null_tracer(), "host"}};
  Neutron neutron_{session_, "http://n:9696"};
  Glance glance_{session_, "http://g:9292"};
  Nova nova_{session_, "http://c:8774"};
  Cinder cinder_{session_, transport_, "http://v:8776"};
};

TEST_F(ClientsTest, signs_in_once_with_password_and_project_scope) {
  transport_.answer(200, R"({"ports": []})");
  transport_.answer(200, R"({"ports": []})");
  EXPECT_TRUE(neutron_.list_ports_of_device("s 1", "req-1").empty());
  EXPECT_TRUE(neutron_.list_ports_of_device("s 1", "req-1").empty());

  ASSERT_EQ(transport_.requests.size(), 3u);
  EXPECT_EQ(transport_.requests[0].body,
            R"({"auth":{"identity":{"methods":["password"],"password":{"user":{"name":"nova",)"
            R"("domain":{"id":"default"},"password":"secret"}}},"scope":{"project":{"name":)"
            R"("service","domain":{"id":"default"}}}}})");
  EXPECT_EQ(transport_.requests[1].path, "/v2.0/ports");
  EXPECT_EQ(transport_.requests[1].query_text, "device_id=s%201");
  EXPECT_EQ(transport_.requests[1].headers.value("X-Auth-Token"), "token1");
  EXPECT_EQ(transport_.requests[1].headers.value("X-OpenStack-Request-ID"), "req-1");
}

TEST_F(ClientsTest, signs_in_again_when_the_token_is_refused) {
  transport_.answer(401, "");
  transport_.answer(200, R"({"network": {"id": "n", "mtu": 1450}})");

  EXPECT_EQ(neutron_.get_network("n", "").mtu, 1450);
  EXPECT_EQ(transport_.requests.back().headers.value("X-Auth-Token"), "token2");
}

TEST_F(ClientsTest, throws_the_other_services_error) {
  transport_.answer(409, R"({"NeutronError": {"type": "X", "message": "no more ips"}})");
  try {
    static_cast<void>(neutron_.create_port({.network_id = "n", .project_id = "p"}, ""));
    FAIL();
  } catch (const base::Error& error) {
    EXPECT_EQ(error.kind(), base::ErrorKind::conflict);
    EXPECT_EQ(error.message(), "no more ips");
  }
}

TEST_F(ClientsTest, creates_and_binds_ports_in_neutrons_words) {
  const char* port = R"({"port": {"id": "p1", "binding:host_id": "h", "binding:vif_type": "bridge",
      "tenant_id": "t", "fixed_ips": [{"subnet_id": "s", "ip_address": "10.0.0.2"}],
      "security_groups": ["g"]}})";
  transport_.answer(201, port);
  const Port made = neutron_.create_port({.network_id = "n",
                                          .project_id = "t",
                                          .device_id = "d",
                                          .host = "h",
                                          .fixed_ip = "10.0.0.2",
                                          .security_groups = std::vector<std::string>{"g"}},
                                         "");
  EXPECT_EQ(transport_.requests.back().method, "POST");
  EXPECT_EQ(transport_.requests.back().body,
            R"({"port":{"network_id":"n","tenant_id":"t","device_id":"d",)"
            R"("device_owner":"compute:nova","name":"",)"
            R"("binding:profile":{"made_by_nova":true},"admin_state_up":true,)"
            R"("binding:host_id":"h","fixed_ips":[{"ip_address":"10.0.0.2"}],)"
            R"("security_groups":["g"]}})");
  EXPECT_EQ(made.host, "h");
  EXPECT_EQ(made.vif_type, "bridge");
  EXPECT_EQ(made.project_id, "t");
  EXPECT_EQ(made.fixed_ips.at(0).ip_address, "10.0.0.2");
}

TEST_F(ClientsTest, takes_what_is_gone_for_removed) {
  for (int i = 0; i < 2; ++i) transport_.answer(404, R"({"x": {"message": "not found"}})");
  neutron_.delete_port("p", "");
  nova_.send_events({{.name = "network-vif-plugged", .server_id = "s", .tag = "p"}}, "");
  EXPECT_EQ(transport_.requests.back().body,
            R"({"events":[{"name":"network-vif-plugged","server_uuid":"s","status":"completed",)"
            R"("tag":"p"}]})");
}

TEST_F(ClientsTest, asks_whether_attachments_may_go_when_they_are_listed) {
  const auto last = [&] {
    if (transport_.requests.empty()) return std::string();
    return transport_.requests.back().method + " " + transport_.requests.back().path;
  };
  const auto release = [&](bool may_go) {
    transport_.answer(200, R"({"attachments": [{"id": "a"}]})");
    transport_.requests.clear();
    cinder_.release("v", "s", "", [&] {
      EXPECT_EQ(last(), "GET /v3/attachments");
      return may_go;
    });
    return last();
  };
  EXPECT_EQ(release(true), "DELETE /v3/attachments/a");
  EXPECT_EQ(release(false), "GET /v3/attachments");
}

TEST_F(ClientsTest, hides_images_of_other_projects) {
  const auto image = [&](const char* visibility) {
    transport_.answer(200, std::string(R"({"id": "i", "owner": "other", "visibility": ")") +
                               visibility + R"(", "size": 7, "min_disk": 1})");
  };
  image("public");
  EXPECT_EQ(glance_.get_image("i", "mine", "").size, 7);
  image("private");
  EXPECT_FALSE(glance_.find_image("i", "mine", ""));
  image("private");
  EXPECT_THROW(static_cast<void>(glance_.get_image("i", "mine", "")), base::Error);
  image("private");
  EXPECT_EQ(glance_.get_image("i", "", "").min_disk, 1);
  image("shared");
  transport_.answer(200, R"({"member_id": "mine", "status": "pending"})");
  EXPECT_EQ(glance_.get_image("i", "mine", "").id, "i");
  EXPECT_EQ(transport_.requests.back().path, "/v2/images/i/members/mine");
  image("shared");
  transport_.answer(404, R"({"message": "no member"})");
  EXPECT_FALSE(glance_.find_image("i", "mine", ""));
}

TEST_F(ClientsTest, finds_no_image_that_is_gone) {
  transport_.answer(404, R"({"message": "gone"})");
  EXPECT_FALSE(glance_.find_image("i", "", ""));
  transport_.answer(503, R"({"message": "busy"})");
  EXPECT_THROW(static_cast<void>(glance_.find_image("i", "", "")), base::Error);
}

TEST_F(ClientsTest, lists_where_an_image_is) {
  transport_.answer(200, R"([{"url": "rbd://f/p/n/snap", "metadata": {"store": "ceph"}},
                             {"url": "file:///i", "metadata": {}}])");
  EXPECT_EQ(glance_.list_locations("i", ""),
            (std::vector<std::string>{"rbd://f/p/n/snap", "file:///i"}));
  EXPECT_EQ(transport_.requests.back().path, "/v2/images/i/locations");
}

// Answers as Keystone does, as often as it is asked, with the events that are there then.
class RevokingKeystone final : public platform::http::Transport {
 public:
  Response send(const std::string&, Request request, base::Duration) override {
    Response response;
    if (request.path == "/v3/auth/tokens") {
      response.status = 201;
      response.headers.set("X-Subject-Token", "token");
      response.body = R"({"token": {"expires_at": "2100-01-01T00:00:00.000000Z"}})";
      return response;
    }
    path = request.path;
    response.status = events.empty() ? 503 : 200;
    response.body = events;
    return response;
  }
  std::string path;
  std::string events = R"({"events": []})";
};

TEST(RevocationFeedTest, a_token_revoked_elsewhere_is_revoked_here_after_the_next_round) {
  RevokingKeystone keystone;
  const platform::Runtime runtime{platform::system_executor(), platform::system_clock(),
                                  platform::system_random(), platform::null_tracer(), "host"};
  const auto revocations = std::make_shared<Revocations>();
  RevocationFeed feed(keystone,
                      {.auth_url = "http://k:5000/v3", .username = "nova", .password = "secret"},
                      revocations, runtime);
  TokenData token;
  token.audit_ids = {"abc"};
  token.issued_at = *base::parse_time("2026-01-01T00:00:00Z");
  feed.ask();
  EXPECT_FALSE(revocations->revoked(token));

  keystone.events = R"({"events": [{"audit_id": "abc",
      "issued_before": "2026-01-01T00:00:01.000000Z",
      "revoked_at": "2026-01-01T00:00:01.000000Z"}]})";
  feed.ask();
  feed.ask();

  EXPECT_EQ(keystone.path, "/v3/OS-REVOKE/events");
  EXPECT_TRUE(revocations->revoked(token));
  EXPECT_EQ(revocations->events().size(), 1U);

  keystone.events = "";
  EXPECT_THROW(feed.ask(), base::Error);
  EXPECT_TRUE(revocations->revoked(token));
}

}  // namespace
}  // namespace openstack::clients
