#include "platform/trace.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "platform/current_request.hpp"
#include "platform/random.hpp"

namespace platform {

namespace {

using namespace std::chrono_literals;

class TraceTest : public testing::Test {
 protected:
  TraceTest()
      : directory_(std::filesystem::temp_directory_path() /
                   ("trace-test-" + system_random().hex_id())) {
    std::filesystem::create_directory(directory_);
  }
  ~TraceTest() override { std::filesystem::remove_all(directory_); }

  std::string file(const char* name = "nova.jsonl") const { return directory_ / name; }
  std::vector<Hop> read(std::string_view request_id = "req-1") const {
    return read_trace(directory_, request_id);
  }

  std::filesystem::path directory_;
};

Hop make_hop(std::string request_id, std::string name, base::Duration at) {
  Hop hop;
  hop.request_id = std::move(request_id);
  hop.kind = "step";
  hop.name = std::move(name);
  hop.started = base::TimePoint{at};
  return hop;
}

TEST_F(TraceTest, AHopIsReadBackAsItWasRecorded) {
  Hop hop = make_hop("req-1", "POST /v2.1/servers", 1234567us);
  hop.role = "nova-api";
  hop.host = "a";
  hop.kind = "http";
  hop.duration = 42us;
  hop.outcome = "202 \"said\"\n\xff";
  make_file_tracer(file())->record(hop);

  const std::vector<Hop> hops = read();
  ASSERT_EQ(hops.size(), 1u);
  EXPECT_EQ(hops[0].role, "nova-api");
  EXPECT_EQ(hops[0].host, "a");
  EXPECT_EQ(hops[0].kind, "http");
  EXPECT_EQ(hops[0].name, "POST /v2.1/servers");
  EXPECT_EQ(hops[0].started, hop.started);
  EXPECT_EQ(hops[0].duration, 42us);
  EXPECT_EQ(hops[0].outcome, "202 \"said\"\n?");
}

TEST_F(TraceTest, HopsOfOneRequestComeByTimeFromAllFiles) {
  make_file_tracer(file("nova.jsonl"))->record(make_hop("req-1", "second", 2us));
  make_file_tracer(file("neutron.jsonl"))->record(make_hop("req-1", "first", 1us));
  make_file_tracer(file("nova.jsonl"))->record(make_hop("req-12", "another's", 3us));

  const std::vector<Hop> hops = read();
  ASSERT_EQ(hops.size(), 2u);
  EXPECT_EQ(hops[0].name, "first");
  EXPECT_EQ(hops[1].name, "second");
}

TEST_F(TraceTest, IsOnDiskSoonWithoutBeingAsked) {
  const auto tracer = make_file_tracer(file());
  tracer->record(make_hop("req-1", "a", 1us));
  const auto deadline = std::chrono::steady_clock::now() + 10s;
  while (read().empty() && std::chrono::steady_clock::now() < deadline) {
  }
  EXPECT_EQ(read().size(), 1u);
}

TEST_F(TraceTest, AFullFileMakesRoomAndOnlyOneOldOneStays) {
  for (int i = 0; i < 50; ++i)
    make_file_tracer(file(), 1000)->record(make_hop("req-1", "a step with a name", 1us));
  size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(directory_)) {
    ++files;
    EXPECT_LE(entry.file_size(), 1000u);
  }
  EXPECT_EQ(files, 2u);
  EXPECT_GE(read().size(), 6u);
}

TEST_F(TraceTest, ATornLineHarmsNoOther) {
  std::ofstream(file()) << R"({"request_id":"req-1","na)";
  make_file_tracer(file())->record(make_hop("req-1", "whole", 1us));
  ASSERT_EQ(read().size(), 1u);
  EXPECT_EQ(read()[0].name, "whole");
}

TEST_F(TraceTest, AnUnwritablePlaceDoesNotDisturbTheCaller) {
  make_file_tracer("/proc/nothing/here.jsonl")->record(make_hop("req-1", "a", 1us));
  EXPECT_TRUE(read_trace("/proc/nothing", "req-1").empty());
}

TEST_F(TraceTest, AHopScopeTellsHowItEnded) {
  {
    const auto tracer = make_file_tracer(file());
    const RequestScope request({"req-1", "p", "u", "nova-compute", "host1"});
    {
      const HopScope hop(*tracer, system_clock(), "step", "good");
    }
    try {
      const HopScope hop(*tracer, system_clock(), "step", "bad");
      throw std::runtime_error("no luck");
    } catch (const std::runtime_error&) {
      HopScope hop(*tracer, system_clock(), "step", "told");
      hop.outcome("404");
    }
    const RequestScope none({});
    const HopScope hop(*tracer, system_clock(), "step", "outside a request");
  }
  const std::vector<Hop> hops = read();
  ASSERT_EQ(hops.size(), 3u);
  EXPECT_EQ(hops[0].outcome, "ok");
  EXPECT_EQ(hops[0].role, "nova-compute");
  EXPECT_EQ(hops[1].outcome, "failed");
  EXPECT_EQ(hops[2].outcome, "404");
  EXPECT_TRUE(read("").empty());
}

}  // namespace
}  // namespace platform
