// Between fork and exec the child calls only what is safe after a fork of a program with threads:
// system calls on memory that the parent has prepared. The child of vfork shares that memory, and
// the parent's thread waits for it: so it must not change anything there either.
#include "platform/process.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <linux/capability.h>
#include <linux/close_range.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
#include <string_view>
#include <utility>

#include "base/error.hpp"
#include "base/text.hpp"
#include "platform/waiting.hpp"

namespace platform {

namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr size_t kOutputLimit = 4 << 20;
constexpr size_t kErrorsLimit = 1 << 20;
constexpr auto kDrainTime = std::chrono::milliseconds{50};
constexpr auto kKillTime = std::chrono::seconds{30};

[[noreturn]] void fail(const std::string& what, int error) {
  throw base::Error(base::ErrorKind::internal, "A program of the host could not be run.",
                    what + ": " + std::strerror(error));
}

class Descriptor {
 public:
  explicit Descriptor(int number = -1) : number_(number) {}
  ~Descriptor() { close(); }
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  [[nodiscard]] int get() const { return number_; }
  [[nodiscard]] bool is_open() const { return number_ >= 0; }
  void close() {
    if (number_ >= 0) ::close(std::exchange(number_, -1));
  }

 private:
  int number_;
};

// By number: the declarations of glibc 2.36 lack extern "C".
int open_pidfd(pid_t pid) { return static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)); }
void send_signal(const Descriptor& pidfd, int number) {
  ::syscall(SYS_pidfd_send_signal, pidfd.get(), number, nullptr, 0);
}

struct Pipe {
  Descriptor read;
  Descriptor write;
};

Pipe make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) fail("pipe2", errno);
  return {Descriptor(ends[0]), Descriptor(ends[1])};
}

Descriptor open_file(const std::string& path, int flags) {
  return Descriptor(::open(path.c_str(), flags | O_CLOEXEC, 0640));
}

void never_block(const Descriptor& end) {
  ::fcntl(end.get(), F_SETFL, ::fcntl(end.get(), F_GETFL) | O_NONBLOCK);
}

// As the shell finds it, and in the folders of system programs, which PATH may lack.
std::string find_program(const std::string& name) {
  if (name.find('/') != std::string::npos) {
    if (::access(name.c_str(), X_OK) == 0) return name;
  } else {
    const char* const path = std::getenv("PATH");
    const std::string folders = std::string(path != nullptr ? path : "") +
                                ":/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    for (const std::string_view folder : base::split(folders, ':')) {
      const std::string candidate = std::string(folder) + "/" + name;
      if (!folder.empty() && ::access(candidate.c_str(), X_OK) == 0) return candidate;
    }
  }
  throw base::Error(base::ErrorKind::unavailable,
                    fmt::format("The program {} is not installed.", name));
}

// Everything the child needs, made before the fork.
struct Launch {
  std::string program;
  std::vector<char*> arguments;
  Descriptor network_namespace;
  int streams[3] = {-1, -1, -1};
  int report = -1;  // where the child writes a Failure
  Privileges privileges = Privileges::inherited;

  Launch(const std::vector<std::string>& words, const std::string& namespace_name)
      : program(find_program(words.at(0))) {
    for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    if (namespace_name.empty()) return;
    network_namespace = open_file("/run/netns/" + namespace_name, O_RDONLY);
    if (!network_namespace.is_open())
      throw base::Error(base::ErrorKind::unavailable,
                        fmt::format("There is no network namespace {}.", namespace_name),
                        std::strerror(errno));
  }
};

// What the child says when it cannot become the program.
struct Failure {
  int error = 0;
  char step[16] = {};
};

[[noreturn]] void report_failure(const Launch& launch, const char* step) {
  Failure failure;
  failure.error = errno;
  for (size_t i = 0; i + 1 < sizeof(failure.step) && step[i] != '\0'; ++i)
    failure.step[i] = step[i];
  static_cast<void>(!::write(launch.report, &failure, sizeof(failure)));
  ::_exit(127);
}

void reset_signals() {
  struct sigaction standard = {};
  standard.sa_handler = SIG_DFL;
  for (int number = 1; number < NSIG; ++number) ::sigaction(number, &standard, nullptr);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

// In the child. The order counts: only who still has capabilities may bound what root gets back.
void give_up_privileges(const Launch& launch) {
  for (int capability = 0; ::prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; ++capability)
    // Refused to who is not root; without root's rights the bound does not matter.
    static_cast<void>(::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0));
  if (::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0)
    report_failure(launch, "ambient");
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  const __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {};
  if (::syscall(SYS_capset, &header, none) != 0) report_failure(launch, "capset");
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) report_failure(launch, "no_new_privs");
}

// In the child.
[[noreturn]] void become(const Launch& launch) {
  reset_signals();
  if (launch.network_namespace.is_open() &&
      ::setns(launch.network_namespace.get(), CLONE_NEWNET) != 0)
    report_failure(launch, "setns");
  for (int stream = 0; stream < 3; ++stream)
    if (::dup2(launch.streams[stream], stream) < 0) report_failure(launch, "dup2");
  if (launch.privileges == Privileges::none) give_up_privileges(launch);
  // Descriptors that a library opened without O_CLOEXEC must not leak into programs.
  ::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
  ::execv(launch.program.c_str(), launch.arguments.data());
  report_failure(launch, "execv");
}

// No signal is handled while this exists.
class WithoutSignals {
 public:
  WithoutSignals() {
    sigset_t all;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~WithoutSignals() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  WithoutSignals(const WithoutSignals&) = delete;
  WithoutSignals& operator=(const WithoutSignals&) = delete;

 private:
  sigset_t before_{};
};

// Starts the program as the leader of a process group. Not by fork: after one, every thread pays a
// page fault for every page that it writes next. Signals: a handler of this program must not run in
// the child, which has its memory.
pid_t start_program(const Launch& launch) {
  const WithoutSignals guard;
  // posix_spawn can not enter a network namespace.
  const pid_t pid = ::vfork();  // NOLINT(bugprone-unsafe-functions): the child only execs
  if (pid < 0) fail("vfork", errno);
  if (pid == 0) {
    ::setpgid(0, 0);
    become(launch);
  }
  return pid;
}

// Nothing comes from a child that has become its program.
void check_report(const Descriptor& report, const std::string& program) {
  Failure failure;
  ssize_t count = 0;
  do count = ::read(report.get(), &failure, sizeof(failure));
  while (count < 0 && errno == EINTR);
  if (count == sizeof(failure)) fail(program + " " + failure.step, failure.error);
}

int wait_for_exit(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0)
    if (errno != EINTR) return -1;
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

// Feeds and reads a program until it has ended.
class Conversation {
 public:
  Conversation(Pipe input, Pipe output, Pipe errors, const std::string& text)
      : input_(std::move(input.write)),
        output_(std::move(output.read)),
        errors_(std::move(errors.read)),
        text_(text) {
    for (const Descriptor* end : {&input_, &output_, &errors_}) never_block(*end);
    if (text_.empty()) input_.close();
  }

  // False: the deadline passed before the process of `pidfd` ended.
  bool run(int pidfd, SteadyClock::time_point deadline, ProcessResult& result) {
    bool ended = false;
    while (!ended || output_.is_open() || errors_.is_open()) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - SteadyClock::now());
      if (left.count() <= 0) return ended;
      std::array<pollfd, 4> events = {
          pollfd{ended ? -1 : pidfd, POLLIN, 0}, pollfd{input_.get(), POLLOUT, 0},
          pollfd{output_.get(), POLLIN, 0}, pollfd{errors_.get(), POLLIN, 0}};
      const int ready = ::poll(events.data(), events.size(), static_cast<int>(left.count()));
      if (ready < 0 && errno != EINTR) fail("poll", errno);
      if (ready <= 0) continue;
      if (events[1].revents != 0) feed();
      if (events[2].revents != 0) take(output_, result.output, kOutputLimit);
      if (events[3].revents != 0) take(errors_, result.errors, kErrorsLimit);
      if (events[0].revents == 0) continue;
      ended = true;
      input_.close();
      // A daemon that the program left behind may hold the pipes open for ever.
      deadline = std::min(deadline, SteadyClock::now() + kDrainTime);
    }
    return true;
  }

 private:
  void feed() {
    const ssize_t count = ::write(input_.get(), text_.data(), text_.size());
    if (count > 0) text_.remove_prefix(static_cast<size_t>(count));
    if (text_.empty() || (count < 0 && errno != EAGAIN && errno != EINTR)) input_.close();
  }

  static void take(Descriptor& from, std::string& text, size_t limit) {
    char buffer[65536];
    const ssize_t count = ::read(from.get(), buffer, sizeof(buffer));
    if (count > 0) text.append(buffer, std::min(static_cast<size_t>(count), limit - text.size()));
    if (count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR)) from.close();
  }

  Descriptor input_;
  Descriptor output_;
  Descriptor errors_;
  std::string_view text_;
};

// Ends the program with whatever it started in its process group.
void kill_group(pid_t pid) {
  ::kill(-pid, SIGKILL);
  ::kill(pid, SIGKILL);
}

// A write to a program that has ended must fail, not end this one.
class WithoutPipeSignal {
 public:
  WithoutPipeSignal() {
    ::sigemptyset(&pipe_);
    ::sigaddset(&pipe_, SIGPIPE);
    ::pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  ~WithoutPipeSignal() {
    const timespec at_once{};
    while (::sigtimedwait(&pipe_, nullptr, &at_once) > 0) {
    }
    ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  WithoutPipeSignal(const WithoutPipeSignal&) = delete;
  WithoutPipeSignal& operator=(const WithoutPipeSignal&) = delete;

 private:
  sigset_t pipe_{};
  sigset_t before_{};
};

// Empty also if the process ends meanwhile: unlike an iterator, a stream does not throw then.
std::string read_small_file(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

// True when the process of `pidfd` has ended.
bool wait_until_ended(int pidfd, base::Duration duration) {
  const auto deadline = SteadyClock::now() + duration;
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - SteadyClock::now());
    pollfd event{pidfd, POLLIN, 0};
    const int ready = ::poll(&event, 1, static_cast<int>(std::max<int64_t>(0, left.count())));
    if (ready > 0) return true;
    if (ready == 0) return false;
    if (errno != EINTR) fail("poll", errno);
  }
}

}  // namespace

ProcessResult run_process(const std::vector<std::string>& arguments,
                          const ProcessOptions& options) {
  assert_may_wait("a program of the host");
  Launch launch(arguments, options.network_namespace);
  Pipe input = make_pipe();
  Pipe output = make_pipe();
  Pipe errors = make_pipe();
  Pipe report = make_pipe();
  launch.streams[0] = input.read.get();
  launch.streams[1] = output.write.get();
  launch.streams[2] = errors.write.get();
  launch.report = report.write.get();
  const auto deadline = SteadyClock::now() + options.timeout;

  const WithoutPipeSignal guard;
  const pid_t pid = start_program(launch);
  for (Descriptor* end : {&input.read, &output.write, &errors.write, &report.write}) end->close();

  ProcessResult result;
  bool ended = false;
  try {
    check_report(report.read, launch.program);
    const Descriptor pidfd(open_pidfd(pid));
    if (!pidfd.is_open()) fail("pidfd_open", errno);
    Conversation conversation(std::move(input), std::move(output), std::move(errors),
                              options.input);
    ended = conversation.run(pidfd.get(), deadline, result);
  } catch (...) {
    kill_group(pid);
    wait_for_exit(pid);
    throw;
  }
  if (!ended) kill_group(pid);
  result.exit_code = wait_for_exit(pid);
  if (!ended)
    throw base::Error(base::ErrorKind::timeout,
                      fmt::format("The program {} did not end in time.", arguments.front()),
                      base::join(arguments, " "));
  return result;
}

std::string run_checked(const std::vector<std::string>& arguments, const ProcessOptions& options) {
  ProcessResult result = run_process(arguments, options);
  if (result.exit_code == 0) return std::move(result.output);
  const std::string_view said = base::trim(result.errors.empty() ? result.output : result.errors);
  throw base::Error(
      base::ErrorKind::internal, fmt::format("The program {} failed.", arguments.front()),
      fmt::format("exit code {} of {}: {}", result.exit_code, base::join(arguments, " "), said));
}

pid_t start_daemon(const std::vector<std::string>& arguments, const std::string& log_file,
                   const std::string& network_namespace, Privileges privileges) {
  assert_may_wait("a program of the host");
  Launch launch(arguments, network_namespace);
  launch.privileges = privileges;
  const Descriptor nothing = open_file("/dev/null", O_RDONLY);
  const Descriptor log = open_file(log_file, O_WRONLY | O_CREAT | O_APPEND);
  if (!log.is_open()) fail("open " + log_file, errno);
  Pipe report = make_pipe();
  Pipe name = make_pipe();  // the pid of the grandchild
  launch.streams[0] = nothing.get();
  launch.streams[1] = log.get();
  launch.streams[2] = log.get();
  launch.report = report.write.get();

  const pid_t middle = ::fork();
  if (middle < 0) fail("fork", errno);
  if (middle == 0) {
    ::setsid();
    const pid_t daemon = ::_Fork();
    if (daemon == 0) {
      // Not the leader of the session: it can never get a controlling terminal.
      if (::chdir("/") != 0) report_failure(launch, "chdir");
      become(launch);
    }
    if (daemon < 0) report_failure(launch, "fork");
    static_cast<void>(!::write(name.write.get(), &daemon, sizeof(daemon)));
    ::_exit(0);
  }
  report.write.close();
  name.write.close();
  wait_for_exit(middle);
  check_report(report.read, launch.program);
  pid_t pid = 0;
  if (::read(name.read.get(), &pid, sizeof(pid)) != sizeof(pid)) fail("start", EPIPE);
  return pid;
}

std::optional<ProcessIdentity> identify_process(pid_t pid) {
  if (pid <= 0) return std::nullopt;
  const std::string text = read_small_file(fmt::format("/proc/{}/stat", pid));
  // The name of the program, in parentheses, may hold anything.
  const size_t name_end = text.rfind(") ");
  if (name_end == std::string::npos) return std::nullopt;
  const auto fields = base::split(std::string_view(text).substr(name_end + 2), ' ');
  constexpr size_t kStartTime = 22 - 3;  // proc(5) counts from 1, and the state is the third
  if (fields.size() <= kStartTime || fields[0] == "Z" || fields[0] == "X") return std::nullopt;
  const auto start = base::parse_integer(fields[kStartTime]);
  if (!start) return std::nullopt;
  return ProcessIdentity{pid, static_cast<unsigned long long>(*start)};
}

bool is_running(const ProcessIdentity& process) {
  const auto now = identify_process(process.pid);
  return now && now->start_ticks == process.start_ticks;
}

void end_process(const ProcessIdentity& process, base::Duration grace) {
  assert_may_wait("the end of a program");
  // The descriptor holds on to one process: checked after it is open, it cannot be another's.
  const Descriptor pidfd(process.pid > 0 ? open_pidfd(process.pid) : -1);
  if (!pidfd.is_open() || !is_running(process)) return;
  send_signal(pidfd, SIGTERM);
  if (wait_until_ended(pidfd.get(), grace)) return;
  send_signal(pidfd, SIGKILL);
  if (wait_until_ended(pidfd.get(), kKillTime)) return;
  throw base::Error(base::ErrorKind::timeout,
                    fmt::format("The process {} cannot be ended.", process.pid));
}

std::vector<std::string> command_line(pid_t pid) {
  const std::string text = read_small_file(fmt::format("/proc/{}/cmdline", pid));
  std::vector<std::string> arguments;
  size_t from = 0;
  while (from < text.size()) {
    const size_t end = std::min(text.find('\0', from), text.size());
    arguments.push_back(text.substr(from, end - from));
    from = end + 1;
  }
  return arguments;
}

}  // namespace platform
