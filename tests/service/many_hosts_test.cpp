// What the processes of a cloud of many hosts know of each other: nephele.conf, what is derived
// from it, and what a role says that was started without what it needs.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/error.hpp"
#include "nephele/cloud.hpp"
#include "nephele/needs.hpp"

namespace nephele {
namespace {

namespace fs = std::filesystem;

class ManyHostsTest : public testing::Test {
 protected:
  ManyHostsTest() {
    std::string name = fs::temp_directory_path() / "nephele-hosts-XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp");
    line_.command = "run";
    line_.state_dir = line_.config_dir = name;
  }
  ~ManyHostsTest() override { fs::remove_all(line_.state_dir); }

  void write(const std::string& name, const std::string& text) {
    std::ofstream(line_.config_dir + "/" + name) << text;
  }
  [[nodiscard]] std::string option(const char* service, const char* group, const char* name) {
    return load_config(line_, get_service(service)).text(group, name);
  }
  // What is said to whoever starts these roles; empty: nothing is missing.
  [[nodiscard]] std::string refusal(std::initializer_list<const char*> names) {
    std::vector<const RoleEntry*> roles;
    ServiceConfigs configs;
    for (const char* name : names) {
      roles.push_back(&get_role(name));
      configs.emplace(roles.back()->service,
                      load_config(line_, get_service(roles.back()->service)));
    }
    try {
      check_needs(line_, roles, configs);
      return "";
    } catch (const base::Error& error) {
      EXPECT_EQ(error.kind(), base::ErrorKind::bad_request);
      return error.message();
    }
  }

  CommandLine line_;
};

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST_F(ManyHostsTest, addresses_of_all_services_follow_from_the_controllers) {
  write("nephele.conf", "[DEFAULT]\ncontroller = cloud.example.org\nmy_ip = 192.0.2.7\n");

  EXPECT_EQ(option("nova", "service_user", "auth_url"), "http://cloud.example.org:5000/v3");
  EXPECT_EQ(option("nova", "neutron", "endpoint_override"), "http://cloud.example.org:9696");
  EXPECT_EQ(option("nova", "glance", "endpoint_override"), "http://cloud.example.org:9292");
  EXPECT_EQ(option("neutron", "nova", "endpoint_override"), "http://cloud.example.org:8774");
  EXPECT_EQ(option("neutron", "DEFAULT", "nova_metadata_url"), "http://cloud.example.org:8775");
  EXPECT_EQ(option("glance", "keystone_authtoken", "www_authenticate_uri"),
            "http://cloud.example.org:5000");
  EXPECT_EQ(option("neutron", "vxlan", "local_ip"), "192.0.2.7");
  EXPECT_EQ(option("nova", "DEFAULT", "my_ip"), "192.0.2.7");
}

TEST_F(ManyHostsTest, a_services_own_file_goes_before_nephele_conf) {
  write("nephele.conf",
        "[DEFAULT]\ntransport_url = rabbit://{service}:secret@mq/\n[AGENT]\nreport_interval = 3\n"
        "[database]\nconnection = mysql+pymysql://{service}:secret@db/{service}\n");
  write("neutron.conf", "[AGENT]\nreport_interval = 4\n");

  EXPECT_EQ(option("nova", "DEFAULT", "transport_url"), "rabbit://nova:secret@mq/");
  EXPECT_EQ(option("glance", "database", "connection"), "mysql+pymysql://glance:secret@db/glance");
  EXPECT_EQ(option("neutron", "AGENT", "report_interval"), "4");
}

TEST_F(ManyHostsTest, refuses_what_no_service_knows_and_one_database_for_all) {
  const auto refusal_of = [&](const char* text) {
    write("nephele.conf", text);
    try {
      static_cast<void>(read_host_settings(line_));
      return std::string();
    } catch (const base::Error& error) {
      return error.message();
    }
  };

  EXPECT_TRUE(has(refusal_of("[DEFAULT]\ncontroler = x\n"), "did you mean \"controller\"?"));
  EXPECT_TRUE(has(refusal_of("[database]\nconnection = mysql+pymysql://u:secret@db/cloud\n"),
                  "must say {service}"));
  EXPECT_FALSE(
      has(refusal_of("[database]\nconnection = mysql+pymysql://u:secret@db/cloud\n"), "secret"));
}

TEST_F(ManyHostsTest, a_role_says_all_that_it_lacks) {
  const std::string compute = refusal({"nova-compute"});
  EXPECT_TRUE(has(compute,
                  "nova-compute talks to other roles of nova (not in this process: "
                  "nova-conductor nova-scheduler nova-api) over a message queue: set "
                  "[DEFAULT] transport_url in " +
                      line_.config_dir + "/nephele.conf"));
  EXPECT_TRUE(has(compute, "nova-compute needs [service_user] password in " + line_.config_dir +
                               "/nova.conf, or [DEFAULT] service_password in nephele.conf"));
  EXPECT_TRUE(has(refusal({"neutron-metadata-agent"}), "metadata_proxy_shared_secret"));

  write("nephele.conf",
        "[DEFAULT]\ntransport_url = rabbit://mq/\nservice_password = s\n"
        "metadata_proxy_shared_secret = m\n");
  for (const RoleEntry& role : roles()) EXPECT_EQ(refusal({role.name.data()}), "") << role.name;
}

TEST_F(ManyHostsTest, a_service_that_is_whole_in_a_process_needs_no_queue) {
  write("nephele.conf", "[DEFAULT]\nservice_password = s\n");

  EXPECT_EQ(refusal({"keystone", "glance-api", "glance-registry"}), "");
  EXPECT_TRUE(has(refusal({"glance-api"}), "glance-registry"));
}

TEST_F(ManyHostsTest, a_host_that_ends_tunnels_nowhere_is_told) {
  const std::vector<const RoleEntry*> agent{&get_role("neutron-linuxbridge-agent")};
  ServiceConfigs configs;
  configs.emplace("neutron", load_config(line_, get_service("neutron")));
  EXPECT_EQ(list_cautions(agent, configs).size(), 1U);

  write("nephele.conf", "[DEFAULT]\nmy_ip = 192.0.2.7\n");
  configs.at("neutron") = load_config(line_, get_service("neutron"));
  EXPECT_TRUE(list_cautions(agent, configs).empty());
}

TEST_F(ManyHostsTest, two_processes_share_a_state_directory_but_not_a_host_role) {
  using Use = StateLock::Use;
  const StateDirectory directory{line_.state_dir};
  const StateLock one(directory.pid_file(), Use::shared);
  EXPECT_NO_THROW(StateLock(directory.pid_file(), Use::shared));
  EXPECT_THROW(StateLock(directory.pid_file(), Use::alone), base::Error);
  const StateLock compute(directory.pid_file("nova-compute"), Use::alone);
  EXPECT_THROW(StateLock(directory.pid_file("nova-compute"), Use::alone), base::Error);
}

}  // namespace
}  // namespace nephele
