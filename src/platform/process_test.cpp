#include "platform/process.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

#include "base/error.hpp"

namespace platform {
namespace {

using namespace std::chrono_literals;

base::ErrorKind kind_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const base::Error& error) {
    return error.kind();
  }
  ADD_FAILURE() << "nothing was thrown";
  return base::ErrorKind::internal;
}

std::string read_file(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

// A file that is gone after the test.
class LogFile {
 public:
  LogFile() {
    char name[] = "/tmp/process_test_XXXXXX";
    ::close(::mkstemp(name));
    path_ = name;
  }
  ~LogFile() { std::filesystem::remove(path_); }
  LogFile(const LogFile&) = delete;
  LogFile& operator=(const LogFile&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }
  void wait_for(const std::string& text) const {
    for (int i = 0; i < 1000 && read_file(path_).find(text) == std::string::npos; ++i)
      std::this_thread::sleep_for(5ms);
    EXPECT_NE(read_file(path_).find(text), std::string::npos);
  }

 private:
  std::string path_;
};

TEST(Process, returns_output_errors_and_exit_code) {
  const auto result = run_process({"sh", "-c", "echo out; echo err >&2; exit 3"});

  EXPECT_EQ(result.output, "out\n");
  EXPECT_EQ(result.errors, "err\n");
  EXPECT_EQ(result.exit_code, 3);
}

TEST(Process, passes_arguments_as_they_are) {
  EXPECT_EQ(run_checked({"printf", "%s|", "a b", "$HOME", "*", ""}), "a b|$HOME|*||");
}

TEST(Process, passes_input_larger_than_a_pipe) {
  ProcessOptions options;
  options.input.assign(3 << 20, 'x');

  EXPECT_EQ(run_checked({"cat"}, options).size(), options.input.size());
}

TEST(Process, survives_a_program_that_does_not_read_its_input) {
  ProcessOptions options;
  options.input.assign(3 << 20, 'x');

  EXPECT_EQ(run_process({"true"}, options).exit_code, 0);
}

TEST(Process, keeps_at_most_4_mib_of_output) {
  const auto result = run_process({"head", "-c", "6000000", "/dev/zero"});

  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.output.size(), 4u << 20);
}

TEST(Process, tells_the_signal_that_ended_a_program) {
  EXPECT_EQ(run_process({"sh", "-c", "kill -9 $$"}).exit_code, 128 + 9);
}

TEST(Process, names_a_program_that_is_not_installed) {
  try {
    static_cast<void>(run_process({"no-such-program"}));
    FAIL();
  } catch (const base::Error& error) {
    EXPECT_EQ(error.kind(), base::ErrorKind::unavailable);
    EXPECT_NE(error.message().find("no-such-program"), std::string::npos);
  }
}

TEST(Process, ends_a_program_and_its_children_past_the_timeout) {
  ProcessOptions options;
  options.timeout = 50ms;
  const auto start = std::chrono::steady_clock::now();

  EXPECT_EQ(kind_of([&] {
              static_cast<void>(run_process({"sh", "-c", "sleep 60 & sleep 60"}, options));
            }),
            base::ErrorKind::timeout);
  EXPECT_LT(std::chrono::steady_clock::now() - start, 10s);
}

TEST(Process, does_not_wait_for_a_daemon_that_keeps_the_output_open) {
  const auto start = std::chrono::steady_clock::now();

  EXPECT_EQ(run_checked({"sh", "-c", "echo started; sleep 5 & exit 0"}), "started\n");
  EXPECT_LT(std::chrono::steady_clock::now() - start, 3s);
}

TEST(Process, reports_what_a_failed_program_said) {
  try {
    run_checked({"sh", "-c", "echo went wrong >&2; exit 1"});
    FAIL();
  } catch (const base::Error& error) {
    EXPECT_EQ(error.kind(), base::ErrorKind::internal);
    EXPECT_NE(error.detail().find("went wrong"), std::string::npos);
  }
}

TEST(Process, gives_programs_standard_signals_and_no_descriptors) {
  ::signal(SIGPIPE, SIG_IGN);
  int leaking[2];
  ASSERT_EQ(::pipe(leaking), 0);

  const std::string descriptors = run_checked({"ls", "/proc/self/fd"});
  const std::string status = run_checked({"grep", "SigIgn", "/proc/self/status"});

  EXPECT_EQ(descriptors, "0\n1\n2\n3\n");  // 3 is the folder that ls reads
  EXPECT_EQ(status, "SigIgn:\t0000000000000000\n");
  ::close(leaking[0]);
  ::close(leaking[1]);
}

TEST(Process, runs_in_a_network_namespace) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  const std::string name = "process-test-" + std::to_string(::getpid());
  try {
    run_checked({"ip", "netns", "add", name});
  } catch (const base::Error& error) {
    GTEST_SKIP() << error.what();
  }
  ProcessOptions options;
  options.network_namespace = name;

  const std::string inside = run_checked({"readlink", "/proc/self/ns/net"}, options);
  const std::string outside = run_checked({"readlink", "/proc/self/ns/net"});
  run_checked({"ip", "netns", "delete", name});

  EXPECT_NE(inside, outside);
  EXPECT_EQ(kind_of([&] { static_cast<void>(run_process({"true"}, options)); }),
            base::ErrorKind::unavailable);
}

TEST(Process, takes_all_capabilities_from_a_daemon_that_is_to_have_none) {
  const LogFile log;
  static_cast<void>(start_daemon({"sh", "-c", "grep -E '^(Cap|NoNew)' /proc/self/status; echo end"},
                                 log.path(), {}, Privileges::none));
  const std::string none = "\t0000000000000000\n";
  std::string expected = "CapInh:" + none + "CapPrm:" + none + "CapEff:" + none;
  // Who is not root can not bound what root would get, and needs no bound.
  if (::geteuid() == 0) expected += "CapBnd:" + none + "CapAmb:" + none + "NoNewPrivs:\t1\nend\n";
  log.wait_for(expected);
}

TEST(Process, starts_a_daemon_that_is_nobodys_child_and_ends_it) {
  const LogFile log;
  const pid_t pid = start_daemon({"sh", "-c", "echo $$; exec sleep 60"}, log.path());
  log.wait_for(std::to_string(pid));
  const auto identity = identify_process(pid);

  ASSERT_TRUE(identity);
  EXPECT_EQ(::waitpid(pid, nullptr, WNOHANG), -1);
  EXPECT_EQ(::getsid(pid) == ::getsid(0), false);
  EXPECT_TRUE(is_running(*identity));
  end_process(*identity, 5s);
  EXPECT_FALSE(is_running(*identity));
  end_process(*identity, 5s);
}

TEST(Process, kills_a_daemon_that_ignores_the_signal_to_end) {
  const LogFile log;
  const pid_t pid =
      start_daemon({"sh", "-c", "trap '' TERM; echo ready; while :; do sleep 1; done"}, log.path());
  log.wait_for("ready");
  const auto identity = identify_process(pid);

  ASSERT_TRUE(identity);
  end_process(*identity, 50ms);
  EXPECT_FALSE(is_running(*identity));
}

TEST(Process, appends_to_the_log_of_a_daemon) {
  const LogFile log;
  std::ofstream(log.path()) << "before\n";
  static_cast<void>(start_daemon({"sh", "-c", "echo out; echo err >&2"}, log.path()));
  log.wait_for("before\nout\nerr\n");
}

TEST(Process, refuses_to_start_a_daemon_that_is_not_installed) {
  const LogFile log;
  EXPECT_EQ(kind_of([&] { static_cast<void>(start_daemon({"no-such-program"}, log.path())); }),
            base::ErrorKind::unavailable);
}

TEST(Process, never_ends_another_process_that_has_the_same_pid) {
  const LogFile log;
  const pid_t pid = start_daemon({"sleep", "60"}, log.path());
  const auto identity = identify_process(pid);
  ASSERT_TRUE(identity);
  ProcessIdentity older = *identity;
  older.start_ticks -= 1;

  EXPECT_FALSE(is_running(older));
  end_process(older, 10ms);
  EXPECT_TRUE(is_running(*identity));
  end_process(*identity, 5s);
}

TEST(Process, tells_the_arguments_of_a_process) {
  const LogFile log;
  const pid_t pid = start_daemon({"sleep", "60"}, log.path());

  EXPECT_EQ(command_line(pid), (std::vector<std::string>{"sleep", "60"}));
  end_process(identify_process(pid).value(), 5s);
  EXPECT_TRUE(command_line(pid).empty());
}

TEST(Process, sees_no_process_in_a_zombie) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(0);
  siginfo_t info{};
  ::waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT);

  EXPECT_FALSE(identify_process(child));
  ::waitpid(child, nullptr, 0);
}

}  // namespace
}  // namespace platform
