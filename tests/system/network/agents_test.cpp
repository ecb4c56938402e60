// The agents of a host together: addresses by DHCP, metadata, what they leave and what they say
// when the host lacks something.
#include <fmt/core.h>
#include <gtest/gtest.h>
#include <sys/mount.h>

#include <filesystem>
#include <fstream>

#include "agents.hpp"
#include "bridges.hpp"
#include "platform/process.hpp"

namespace tests {
namespace {

namespace fs = std::filesystem;

constexpr const char* kServed = "11111111-0000-4000-8000-000000000001";
constexpr const char* kAlsoServed = "22222222-0000-4000-8000-000000000002";

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::string run_in(const Guest& guest, const std::vector<std::string>& arguments) {
  platform::ProcessOptions options;
  options.network_namespace = guest.name();
  const auto result = platform::run_process(arguments, options);
  return result.output + result.errors;
}

std::vector<std::string> dnsmasq_of(const std::string& state_path) {
  std::vector<std::string> found;
  for (const auto& entry : fs::directory_iterator("/proc")) {
    const std::string name = entry.path().filename();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    for (const std::string& argument : platform::command_line(std::stoi(name)))
      if (argument.starts_with("--pid-file=" + state_path)) found.push_back(name);
  }
  return found;
}

class AgentsTest : public ::testing::Test {
 protected:
  // Addresses of their own only until DHCP has given them one.
  Guest guest{"guest", "10.0.0.5/24"};
  Guest neighbour{"neighbour", "10.0.0.6/24"};
  Guest other{"other", "10.0.0.5/24"};
  Agents agents;

  void serve_two_networks() {
    agents.add_network(kServed, {&guest, &neighbour});
    agents.add_network(kAlsoServed, {&other});
    agents.start();
  }

  // What a real client was given: "IP MASK ROUTER MTU", or what it said in vain.
  std::string ask_dhcp(const Guest& who, const std::string& attempts = "10") const {
    const std::string script = agents.state_path() + "/udhcpc.script";
    std::ofstream(script) << "#!/bin/sh\n[ \"$1\" = bound ] && echo "
                             "\"lease: $ip $subnet $router $mtu $dns $staticroutes\"; exit 0\n";
    fs::permissions(script, fs::perms::owner_all);
    return run_in(who, {"busybox", "udhcpc", "-i", "eth0", "-n", "-q", "-f", "-t", attempts, "-T",
                        "1", "-O", "mtu", "-O", "staticroutes", "-s", script});
  }

  // The body of the answer to GET PATH, with that header.
  static std::string ask_metadata(const Guest& who, const std::string& header = "X-Nothing: x") {
    return run_in(who, {"curl", "--silent", "--max-time", "5", "--interface", "eth0", "--header",
                        header, "http://169.254.169.254/openstack"});
  }
  static void route_to_metadata(const Guest& who) {
    who.space().ip({"route", "replace", "169.254.169.254/32", "via", "10.0.0.2"});
  }
  static bool answers_metadata(const Guest& who) {
    return becomes_true([&] { return has(ask_metadata(who), "/openstack"); });
  }
};

TEST_F(AgentsTest, give_each_guest_exactly_its_address_by_dhcp) {
  serve_two_networks();
  for (const Guest* who : {&guest, &neighbour, &other})
    who->space().ip({"address", "flush", "dev", "eth0"});

  for (const Guest* who : {&guest, &neighbour, &other}) {
    const std::string said = ask_dhcp(*who);
    EXPECT_TRUE(has(said, "lease: " + who->ip() + " 255.255.255.0 10.0.0.1 1450 10.0.0.2 "))
        << said;
    EXPECT_TRUE(has(said, "169.254.169.254/32 10.0.0.2")) << said;
  }
}

TEST_F(AgentsTest, give_a_stranger_no_address) {
  const Guest stranger("stranger", "10.0.0.77/24");
  agents.add_network(kServed, {&guest}, {&stranger});
  agents.start();
  ASSERT_TRUE(has(ask_dhcp(guest, "10"), "lease: 10.0.0.5"));

  EXPECT_TRUE(has(ask_dhcp(stranger, "1"), "no lease"));
}

TEST_F(AgentsTest, serve_who_stays_when_another_leaves) {
  agents.add_network(kServed, {&guest, &neighbour});
  agents.start();
  for (const Guest* who : {&guest, &neighbour}) {
    who->space().ip({"address", "flush", "dev", "eth0"});
    ASSERT_TRUE(has(ask_dhcp(*who), "lease: " + who->ip()));
  }
  agents.add_network(kServed, {&guest});
  agents.wake();

  EXPECT_TRUE(becomes_true([&] { return has(ask_dhcp(neighbour, "1"), "no lease"); }));
  EXPECT_TRUE(has(ask_dhcp(guest), "lease: " + guest.ip()));
  EXPECT_EQ(dnsmasq_of(agents.state_path()).size(), size_t{1});
}

TEST_F(AgentsTest, answer_metadata_in_the_name_of_who_asks) {
  serve_two_networks();
  for (const Guest* who : {&guest, &neighbour, &other}) {
    route_to_metadata(*who);
    ASSERT_TRUE(answers_metadata(*who));
  }

  EXPECT_EQ(ask_metadata(guest), "/openstack of server-of-guest");
  EXPECT_EQ(ask_metadata(neighbour), "/openstack of server-of-neighbour");
  EXPECT_EQ(ask_metadata(other), "/openstack of server-of-other");
}

TEST_F(AgentsTest, believe_no_header_about_who_asks) {
  serve_two_networks();
  route_to_metadata(guest);
  ASSERT_TRUE(answers_metadata(guest));

  for (const char* header : {"X-Forwarded-For: 10.0.0.6", "X-Instance-ID: server-of-other",
                             "X-Neutron-Network-ID: 22222222-0000-4000-8000-000000000002",
                             "X-Tenant-ID: other", "X-Instance-ID-Signature: 00"})
    EXPECT_EQ(ask_metadata(guest, header), "/openstack of server-of-guest") << header;
  const platform::http::Request last = agents.metadata_requests().back();
  EXPECT_EQ(last.headers.value("X-Forwarded-For"), "10.0.0.5");
  EXPECT_EQ(last.headers.value("X-Instance-ID-Signature").size(), size_t{64});
}

TEST_F(AgentsTest, answer_no_metadata_to_a_borrowed_address) {
  serve_two_networks();
  route_to_metadata(guest);
  ASSERT_TRUE(answers_metadata(guest));
  guest.space().ip({"address", "flush", "dev", "eth0"});
  guest.space().ip({"address", "add", "10.0.0.6/24", "dev", "eth0"});
  route_to_metadata(guest);

  EXPECT_EQ(
      run_in(guest, {"curl", "--silent", "--max-time", "1", "http://169.254.169.254/openstack"}),
      "");
}

TEST_F(AgentsTest, serve_many_networks_with_the_threads_of_one) {
  agents.add_network(kServed, {&guest});
  agents.start();
  route_to_metadata(guest);
  ASSERT_TRUE(answers_metadata(guest));
  const auto threads = [] {
    return std::distance(fs::directory_iterator("/proc/self/task"), fs::directory_iterator());
  };
  const auto before = threads();
  const auto tcp_listeners = [&](int number) {
    const std::string name =
        "qdhcp-" + fmt::format("{:02}", number) + std::string(kAlsoServed).substr(2);
    // A namespace has its name before it is one: until then the program fails.
    return fs::exists("/run/netns/" + name) &&
           has(platform::run_process({"ip", "netns", "exec", name, "ss", "-Hltn"}).output,
               "169.254.169.254:80");
  };
  for (int number = 30; number < 40; ++number)
    agents.add_network(fmt::format("{:02}", number) + std::string(kAlsoServed).substr(2), {});
  agents.wake();

  for (int number = 30; number < 40; ++number)
    EXPECT_TRUE(becomes_true([&] { return tcp_listeners(number); })) << number;
  // Threads of a moment come and go: those of ten networks would stay.
  EXPECT_TRUE(becomes_true([&] { return threads() <= before; })) << threads();
}

TEST_F(AgentsTest, take_down_a_network_that_is_gone) {
  serve_two_networks();
  route_to_metadata(guest);
  ASSERT_TRUE(answers_metadata(guest));
  agents.remove_network(kServed);
  agents.wake();

  EXPECT_TRUE(becomes_true([&] {
    return !fs::exists(std::string("/run/netns/qdhcp-") + kServed) &&
           !device_exists("tapd1111111-00") && !device_exists("brq11111111-00") &&
           dnsmasq_of(agents.state_path()).size() == 1;
  }));
}

TEST_F(AgentsTest, leave_networks_running_when_they_end_and_clean_them_on_demand) {
  serve_two_networks();
  ASSERT_TRUE(becomes_true([&] { return dnsmasq_of(agents.state_path()).size() == 2; }));
  agents.stop();
  ASSERT_EQ(dnsmasq_of(agents.state_path()).size(), size_t{2});
  // Even if somebody was faster with the files.
  fs::remove_all(agents.state_path());

  EXPECT_FALSE(neutron::agents::clean_host(agents.config()).empty());

  EXPECT_TRUE(dnsmasq_of(agents.state_path()).empty());
  for (const char* id : {kServed, kAlsoServed})
    EXPECT_FALSE(fs::exists(std::string("/run/netns/qdhcp-") + id));
  EXPECT_FALSE(device_exists("brq11111111-00"));
  EXPECT_TRUE(device_exists(neutron::tap_name(guest.port.id)));
  EXPECT_TRUE(neutron::agents::clean_host(agents.config()).empty());
}

TEST_F(AgentsTest, do_not_take_the_namespace_of_another) {
  const Namespace foreign(std::string("qdhcp-") + kServed);
  agents.add_network(kServed, {&guest});
  agents.add_network(kAlsoServed, {&other});
  agents.start();

  EXPECT_TRUE(becomes_true([&] { return has(agents.problem_of("neutron-dhcp-agent"), kServed); }));
  EXPECT_TRUE(becomes_true([&] { return dnsmasq_of(agents.state_path()).size() == 1; }));
  EXPECT_FALSE(device_exists("tapd1111111-00"));
}

TEST_F(AgentsTest, say_what_the_host_lacks_and_go_on_when_it_is_there) {
  ASSERT_EQ(::mount("/dev/null", "/usr/sbin/dnsmasq", nullptr, MS_BIND, nullptr), 0);
  agents.add_network(kServed, {&guest});
  agents.start();
  EXPECT_TRUE(becomes_true([&] { return has(agents.problem_of("neutron-dhcp-agent"), "dnsmasq"); }))
      << agents.problem_of("neutron-dhcp-agent");

  ASSERT_EQ(::umount("/usr/sbin/dnsmasq"), 0);
  agents.wake();

  EXPECT_TRUE(becomes_true([&] { return agents.problem_of("neutron-dhcp-agent").empty(); }));
  EXPECT_TRUE(has(ask_dhcp(guest), "lease: 10.0.0.5"));
}

}  // namespace
}  // namespace tests
