#include "platform/database/private_mariadb.hpp"

#include <fmt/core.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/error.hpp"
#include "platform/database/connection_url.hpp"
#include "platform/database/mariadb_pool.hpp"
#include "platform/process.hpp"

namespace platform {
namespace {

constexpr const char* kProgram = "/usr/sbin/mariadbd";
constexpr auto kStartLimit = std::chrono::seconds{60};
// Exists on every server, and nothing can be written there.
constexpr const char* kHome = "information_schema";

std::string temporary_directory() {
  // In memory where that is possible: a killed process loses nothing there, and tests wait less.
  const std::filesystem::path shared = "/dev/shm";
  const bool is_shared = ::access(shared.c_str(), W_OK) == 0;
  std::string name =
      (is_shared ? shared : std::filesystem::temp_directory_path()) / "nephele-mariadb-XXXXXX";
  if (!::mkdtemp(name.data()))
    throw base::Error(base::ErrorKind::unavailable, "A temporary directory cannot be made.");
  std::filesystem::create_directory(name + "/data");
  return name;
}

std::vector<std::string> arguments_of(const std::string& directory) {
  std::vector<std::string> arguments{kProgram,
                                     "--no-defaults",
                                     "--datadir=" + directory + "/data",
                                     "--socket=" + directory + "/socket",
                                     "--tmpdir=" + directory,
                                     "--pid-file=" + directory + "/pid",
                                     "--log-error=" + directory + "/log.err",
                                     "--skip-networking",
                                     "--skip-grant-tables",
                                     "--skip-log-bin",
                                     "--performance-schema=OFF",
                                     "--max-connections=300",
                                     "--innodb-flush-log-at-trx-commit=1",
                                     "--innodb-use-native-aio=0",
                                     "--innodb-buffer-pool-size=32M",
                                     "--innodb-log-file-size=16M",
                                     "--innodb-data-file-path=ibdata1:4M:autoextend",
                                     "--innodb-temp-data-file-path=ibtmp1:4M:autoextend"};
  if (::geteuid() == 0) arguments.emplace_back("--user=root");
  return arguments;
}

// Makes the files and ends in order: those of a server that is killed before its first end cannot
// be recovered.
void make_files(const std::string& directory) {
  auto arguments = arguments_of(directory);
  arguments.emplace_back("--bootstrap");
  ProcessOptions options;
  options.timeout = kStartLimit;
  options.input = "SELECT 1;\n";
  run_checked(arguments, options);
}

pid_t start_child(std::vector<std::string> arguments) {
  std::vector<char*> pointers;
  pointers.reserve(arguments.size() + 1);
  for (std::string& argument : arguments) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  const pid_t pid = ::fork();
  if (pid != 0) return pid;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::execv(pointers.front(), pointers.data());
  ::_exit(127);
}

std::string end_of(const std::string& file) {
  std::ifstream stream(file);
  std::ostringstream text;
  text << stream.rdbuf();
  const std::string all = text.str();
  return all.substr(all.size() - std::min<size_t>(all.size(), 2000));
}

// Makes `statement` run outside of any database of ours.
void run_at(MariadbOptions server, const std::string& statement) {
  server.database = kHome;
  MariadbPool pool(server);
  const auto deadline = std::chrono::steady_clock::now() + kStartLimit;
  pool.take(deadline, MariadbMode::single)->run(statement);
}

MariadbOptions test_server() {
  if (const char* url = std::getenv("NEPHELE_TEST_DATABASE"))
    return std::get<MariadbOptions>(parse_connection_url(url));
  static PrivateMariadb server;
  return server.options(kHome);
}

}  // namespace

bool PrivateMariadb::is_installed() { return ::access(kProgram, X_OK) == 0; }

PrivateMariadb::PrivateMariadb() : directory_(temporary_directory()) {
  try {
    make_files(directory_);
    start();
  } catch (...) {
    std::filesystem::remove_all(directory_);
    throw;
  }
}

PrivateMariadb::~PrivateMariadb() {
  kill();
  std::filesystem::remove_all(directory_);
}

void PrivateMariadb::kill() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

void PrivateMariadb::start() {
  pid_ = start_child(arguments_of(directory_));
  try {
    run_at(options(kHome), "DO 1");
  } catch (const base::Error& error) {
    kill();
    throw base::Error(base::ErrorKind::unavailable, "mariadbd does not start.",
                      std::string(error.what()) + "\n" + end_of(directory_ + "/log.err"));
  }
}

MariadbOptions PrivateMariadb::options(const std::string& name) const {
  MariadbOptions options;
  options.socket = directory_ + "/socket";
  options.user = "root";
  options.database = name;
  return options;
}

MariadbOptions make_test_database() {
  static std::atomic<int> made = 0;
  MariadbOptions options = test_server();
  options.database = fmt::format("nephele_test_{}_{}", ::getpid(), ++made);
  run_at(options, "CREATE DATABASE " + options.database);
  return options;
}

void drop_test_database(const MariadbOptions& options) {
  run_at(options, "DROP DATABASE IF EXISTS " + options.database);
}

bool has_test_mariadb() {
  return std::getenv("NEPHELE_TEST_DATABASE") != nullptr || PrivateMariadb::is_installed();
}

}  // namespace platform
