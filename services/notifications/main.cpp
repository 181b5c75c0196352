#include "services/notifications/app.hpp"

int main(int argc, char** argv) {
    return darkroom::run_service(darkroom::notifications::service(), argc, argv);
}
