#include "nova/compute/volumes.hpp"

#include <gtest/gtest.h>

#include "nova/compute/test_host.hpp"
#include "platform/bus/dispatcher.hpp"

namespace nova::compute {
namespace {

using platform::http::Request;
using platform::http::Response;

// The server and the volume are attached to each other once, and the conductor says where the
// server is.
class ComputeVolumes : public testing::Test {
 protected:
  ComputeVolumes() {
    here_.transport.add("http://cinder", [this](Request& request) { return answer(request); });
    platform::Dispatcher conductor;
    conductor.on<GetServer>([this](const platform::Message&, const GetServer&) {
      return is_here_ ? MaybeServer{ServerDescription{}} : MaybeServer{};
    });
    conducting_ = here_.bus->subscribe(std::string(kConductorTopic), conductor, {});
  }

  // The server is built on another host, which makes the attachment, while this one stands still
  // and has it listed.
  Response answer(const Request& request) {
    Response response;
    if (request.method == "DELETE") ended_.push_back(request.path);
    if (request.method == "PUT") response.status = 400;  // it is another host's
    if (request.method == "GET") {
      response.body = R"({"attachments": [{"id": "a", "status": "attached"}]})";
      if (moves_when_listed_) is_here_ = false;
    }
    return response;
  }

  template <class F>
  [[nodiscard]] bool is_refused(F work) const {
    try {
      work();
    } catch (const base::Error& error) {
      return error.kind() == base::ErrorKind::conflict;
    }
    return false;
  }

  void release() { release_volume(here_.host, kVolume, kServer, "req-1"); }

  static constexpr const char* kServer = "11111111-1111-4111-8111-111111111111";
  static constexpr const char* kVolume = "22222222-2222-4222-8222-222222222222";
  TestHost here_;
  bool is_here_ = true;
  bool moves_when_listed_ = false;
  std::vector<std::string> ended_;
  std::unique_ptr<platform::Subscription> conducting_;
};

TEST_F(ComputeVolumes, are_released_from_a_server_that_is_here) {
  release();
  EXPECT_EQ(ended_, std::vector<std::string>{"/v3/attachments/a"});
}

TEST_F(ComputeVolumes, are_left_to_the_host_that_the_server_was_built_on_meanwhile) {
  moves_when_listed_ = true;
  EXPECT_TRUE(is_refused([&] { release(); }));
  EXPECT_EQ(ended_, std::vector<std::string>{});
}

TEST_F(ComputeVolumes, are_not_taken_from_the_host_that_the_server_was_built_on_meanwhile) {
  moves_when_listed_ = true;
  ServerDescription server;
  server.id = kServer;
  server.volumes.emplace_back().volume_id = kVolume;
  EXPECT_TRUE(is_refused([&] { static_cast<void>(connect_volumes(here_.host, server, "req-1")); }));
  EXPECT_EQ(ended_, std::vector<std::string>{});
}

}  // namespace
}  // namespace nova::compute
