#include "platform/log.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/error.hpp"
#include "platform/current_request.hpp"
#include "platform/log_control.hpp"
#include "platform/random.hpp"

namespace platform {
namespace {

class LogTest : public testing::Test {
 protected:
  ~LogTest() override {
    start_log({.file = "", .level = LogLevel::warning});
    std::filesystem::remove(file_);
  }
  std::string written() const {
    std::ostringstream text;
    text << std::ifstream(file_).rdbuf();
    return text.str();
  }

  std::string file_ =
      std::filesystem::temp_directory_path() / ("log-test-" + system_random().hex_id());
};

TEST_F(LogTest, AJsonLineIsOneObject) {
  start_json_log({.file = file_, .level = LogLevel::info});
  {
    const RequestScope request({"req-1", "p1", "u1", "nova-api", "host1"});
    log_info("path=/a\"b\\ \n\xff");
  }
  const std::string text = written();
  EXPECT_TRUE(text.starts_with("{\"time\":\"")) << text;
  EXPECT_TRUE(
      text.ends_with("\"level\":\"info\",\"role\":\"nova-api\",\"request_id\":\"req-1\","
                     "\"project\":\"p1\",\"message\":\"path=/a\\\"b\\\\ \\u000a?\"}\n"))
      << text;
}

TEST_F(LogTest, LevelAndFileChangeWhileItRuns) {
  start_log({.file = file_, .level = LogLevel::info});
  log_debug("too early");
  set_log_level(LogLevel::debug);
  log_debug("now");
  const std::string moved = file_ + ".1";
  std::filesystem::rename(file_, moved);
  reopen_log();
  log_info("in the new file");
  EXPECT_EQ(written().find("now"), std::string::npos);
  EXPECT_NE(written().find("level=info in the new file"), std::string::npos) << written();
  std::ostringstream former;
  former << std::ifstream(moved).rdbuf();
  EXPECT_NE(former.str().find("level=debug now"), std::string::npos);
  EXPECT_EQ(former.str().find("early"), std::string::npos);
  std::filesystem::remove(moved);
}

TEST_F(LogTest, ALineNamesItsRequest) {
  start_log({.file = file_, .level = LogLevel::info});
  {
    const RequestScope request({"req-1", "p1", "u1", "nova-api", "host1"});
    log_info("server created server={}", "s1");
  }
  log_warning("outside");
  log_debug("not wanted");
  const std::string text = written();
  EXPECT_NE(text.find("Z level=info role=nova-api request_id=req-1 project=p1 server created "
                      "server=s1\n"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("Z level=warning outside\n"), std::string::npos) << text;
  EXPECT_EQ(text.find("not wanted"), std::string::npos);
}

TEST_F(LogTest, TextFromOutsideCanNotForgeALine) {
  start_log({.file = file_, .level = LogLevel::info});
  log_info("name={}", "x\ntime=now level=info\x1b[2J");
  EXPECT_NE(written().find("name=x\\ntime=now level=info\\x1b[2J\n"), std::string::npos)
      << written();
}

TEST_F(LogTest, AnUnwritableFileIsNamed) {
  try {
    start_log({.file = "/proc/nothing/nephele.log", .level = LogLevel::info});
    FAIL();
  } catch (const base::Error& error) {
    EXPECT_NE(error.message().find("/proc/nothing/nephele.log"), std::string::npos);
  }
}

}  // namespace
}  // namespace platform
